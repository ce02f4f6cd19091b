from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

CONDITIONAL = (
    "CREATE INDEX ix_token_grant ON token (grant_id) WHERE grant_id IS NOT NULL",
    "CREATE INDEX ix_webhook_grant ON webhook (grant_id) WHERE grant_id IS NOT NULL",
    "CREATE INDEX ix_delivery_due ON delivery (next_attempt_at, id) WHERE status = 'pending'",
)
# What lists by address are sorted by: case does not count, and no more than an index row can hold.
ADDRESS = "CREATE INDEX ix_bookmark_address ON bookmark (owner_id, {key}, id) WHERE deleted_at IS NULL"
KEYS = {
    "sqlite": "lower(substr(coalesce(url_href, ''), 1, 400))",
    "postgres": "lower(substr(coalesce(url_href, ''), 1, 400) COLLATE \"C\")",
}


async def up(apps: object, editor: Any) -> None:
    """Make the indexes that a model cannot name."""
    for statement in (*CONDITIONAL, ADDRESS.format(key=KEYS[editor.client.capabilities.dialect])):
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [('models', '0003_folders_and_sessions')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Counter',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(unique=True, max_length=255)),
                ('count', fields.IntField(default=0)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'counter', 'app': 'models', 'indexes': [Index(fields=['expires_at'])], 'pk_attr': 'id', 'table_description': 'How often something was done in a window of time that ends at ``expires_at``.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OAuthClient',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('uid', fields.UUIDField(unique=True)),
                ('owner', fields.ForeignKeyField('models.User', source_field='owner_id', db_constraint=True, to_field='id', related_name='oauth_clients', on_delete=OnDelete.CASCADE)),
                ('client_id', fields.CharField(unique=True, max_length=40)),
                ('secret_digest', fields.CharField(null=True, max_length=64)),
                ('name', fields.TextField(unique=False)),
                ('redirect_uris', fields.TextField(unique=False)),
                ('scopes', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'oauth_client', 'app': 'models', 'indexes': [Index(fields=['owner_id'])], 'pk_attr': 'id', 'table_description': 'A program that may ask people to let it in. Whoever registered it owns it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OAuthGrant',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('uid', fields.UUIDField(unique=True)),
                ('owner', fields.ForeignKeyField('models.User', source_field='owner_id', db_constraint=True, to_field='id', related_name='oauth_grants', on_delete=OnDelete.CASCADE)),
                ('client', fields.ForeignKeyField('models.OAuthClient', source_field='client_id', db_constraint=True, to_field='id', related_name='grants', on_delete=OnDelete.CASCADE)),
                ('scopes', fields.TextField(unique=False)),
                ('redirect_uri', fields.TextField(unique=False)),
                ('code_digest', fields.CharField(unique=True, max_length=64)),
                ('code_challenge', fields.CharField(null=True, max_length=128)),
                ('code_expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('code_used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'oauth_grant', 'app': 'models', 'indexes': [Index(fields=['owner_id']), Index(fields=['client_id'])], 'pk_attr': 'id', 'table_description': 'What somebody has let a client do, from one visit to the consent page: the family of all tokens that came of it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Webhook',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('uid', fields.UUIDField(unique=True)),
                ('owner', fields.ForeignKeyField('models.User', source_field='owner_id', db_constraint=True, to_field='id', related_name='webhooks', on_delete=OnDelete.CASCADE)),
                ('name', fields.CharField(unique=True, max_length=40)),
                ('url', fields.TextField(unique=False)),
                ('secret', fields.TextField(unique=False)),
                ('events', fields.TextField(unique=False)),
                ('scopes', fields.TextField(unique=False)),
                ('dialect', fields.CharField(default='bkmark', max_length=20)),
                ('query', fields.TextField(null=True, unique=False)),
                ('grant', fields.ForeignKeyField('models.OAuthGrant', source_field='grant_id', null=True, db_constraint=True, to_field='id', related_name='webhooks', on_delete=OnDelete.CASCADE)),
                ('is_active', fields.BooleanField(default=True)),
                ('failures', fields.IntField(default=0)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'webhook', 'app': 'models', 'indexes': [Index(fields=['owner_id', 'is_active'])], 'pk_attr': 'id', 'table_description': 'A subscription: ``events`` (separated by blanks) are told to ``url`` for as long as it ``is_active``.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Delivery',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('webhook', fields.ForeignKeyField('models.Webhook', source_field='webhook_id', db_constraint=True, to_field='id', related_name='deliveries', on_delete=OnDelete.CASCADE)),
                ('name', fields.CharField(unique=True, max_length=40)),
                ('event', fields.CharField(max_length=40)),
                ('subject', fields.CharField(max_length=40)),
                ('facts', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('body', fields.TextField(null=True, unique=False)),
                ('status', fields.CharField(default='pending', max_length=10)),
                ('attempts', fields.IntField(default=0)),
                ('response_status', fields.IntField(null=True)),
                ('last_error', fields.TextField(default='', unique=False)),
                ('next_attempt_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'delivery', 'app': 'models', 'indexes': [Index(fields=['webhook_id', 'status', 'id']), Index(fields=['webhook_id', 'subject', 'id']), Index(fields=['created_at'])], 'pk_attr': 'id', 'table_description': 'One event for one webhook, written in the transaction that caused it.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Bookmark',
            name='summary',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Token',
            name='grant',
            field=fields.ForeignKeyField('models.OAuthGrant', source_field='grant_id', null=True, db_constraint=True, to_field='id', related_name='tokens', on_delete=OnDelete.CASCADE),
        ),
        ops.AddField(
            model_name='Token',
            name='spent_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='has_webhooks',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.RunPython(up),
    ]
