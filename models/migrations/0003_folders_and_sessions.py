from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

STATEMENTS = (
    # Neighbours get room between them (docs/decisions/0010-positions-with-gaps.md).
    "UPDATE placement SET position = position * 65536",
    "UPDATE folder SET position = position * 65536",
    # What a create at the Nextcloud door looks for, to revive it.
    "CREATE INDEX ix_bookmark_trash_href ON bookmark (owner_id, href_hash) WHERE deleted_at IS NOT NULL",
)


async def up(apps: object, editor: Any) -> None:
    """Spread the positions and make the index that a model cannot name."""
    for statement in STATEMENTS:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [('models', '0002_indexes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='FolderHash',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('folder', fields.ForeignKeyField('models.Folder', source_field='folder_id', db_constraint=True, to_field='id', related_name='hashes', on_delete=OnDelete.CASCADE)),
                ('function', fields.CharField(max_length=10)),
                ('marks', fields.BigIntField()),
                ('value', fields.CharField(max_length=64)),
            ],
            options={'table': 'folder_hash', 'app': 'models', 'unique_together': (('folder_id', 'function'),), 'pk_attr': 'id', 'table_description': 'What a folder and all below it came to under one hash function, good while the folder counts as many marks.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FolderLink',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('folder', fields.OneToOneField('models.Folder', source_field='folder_id', db_constraint=True, to_field='id', related_name='link', on_delete=OnDelete.CASCADE)),
                ('token', fields.CharField(unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'folder_link', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Lets whoever knows ``token`` read a folder (kept as it is, for its owner may ask for it again).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LoginFlow',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('poll_digest', fields.CharField(unique=True, max_length=64)),
                ('flow_digest', fields.CharField(unique=True, max_length=64)),
                ('client', fields.TextField(default='', unique=False)),
                ('owner', fields.ForeignKeyField('models.User', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name='login_flows', on_delete=OnDelete.CASCADE)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'login_flow', 'app': 'models', 'indexes': [Index(fields=['expires_at'])], 'pk_attr': 'id', 'table_description': 'A program that asked for an app password and polls for it (login flow v2 of Nextcloud).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Session',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('owner', fields.ForeignKeyField('models.User', source_field='owner_id', db_constraint=True, to_field='id', related_name='sessions', on_delete=OnDelete.CASCADE)),
                ('digest', fields.CharField(unique=True, max_length=64)),
                ('user_agent', fields.TextField(default='', unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_used_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'session', 'app': 'models', 'indexes': [Index(fields=['owner_id']), Index(fields=['expires_at'])], 'pk_attr': 'id', 'table_description': 'A signed-in browser, of whose cookie only the SHA-256 is kept.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SyncLock',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('owner', fields.OneToOneField('models.User', source_field='owner_id', db_constraint=True, to_field='id', related_name='sync_lock', on_delete=OnDelete.CASCADE)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'sync_lock', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Held by some client of the owner until ``expires_at`` (one that has expired is no lock).'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Folder',
            name='marks',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.RunPython(up),
    ]
