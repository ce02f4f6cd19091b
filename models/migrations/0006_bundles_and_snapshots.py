from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0005_ranked_search')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Bundle',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('owner', fields.ForeignKeyField('models.User', source_field='owner_id', db_constraint=True, to_field='id', related_name='bundles', on_delete=OnDelete.CASCADE)),
                ('name', fields.TextField(unique=False)),
                ('search', fields.TextField(default='', unique=False)),
                ('any_tags', fields.TextField(default='', unique=False)),
                ('all_tags', fields.TextField(default='', unique=False)),
                ('excluded_tags', fields.TextField(default='', unique=False)),
                ('filter_unread', fields.CharField(default='off', max_length=3)),
                ('filter_shared', fields.CharField(default='off', max_length=3)),
                ('position', fields.BigIntField(default=0)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'bundle', 'app': 'models', 'indexes': [Index(fields=['owner_id', 'position'])], 'pk_attr': 'id', 'table_description': 'A stored filter of its owner, which linkding calls a bundle.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Asset',
            name='encoding',
            field=fields.CharField(default='', db_default='', max_length=10),
        ),
        ops.AddField(
            model_name='Bookmark',
            name='web_archive_url',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='PageContent',
            name='html',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
    ]
