import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_token_version'),
    ]

    operations = [
        migrations.AlterField(
            model_name='token',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(fields=['user', 'id'], name='token_by_owner'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['username', 'id'], name='user_by_username'),
        ),
    ]
