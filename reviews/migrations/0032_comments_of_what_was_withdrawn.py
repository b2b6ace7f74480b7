"""A comment keeps its place in the text of a withdrawn article, and not what stood there: claims know of no comments, the database does."""

import django.db.models.expressions
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION reviews_comment_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.quote = '' AND to_jsonb(NEW) - 'quote' = to_jsonb(OLD) - 'quote'
        AND claims_is_withdrawn((SELECT article_id FROM claims_articleversion WHERE id = OLD.article_version_id))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is insert-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER row_is_final ON reviews_comment;
CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON reviews_comment FOR EACH ROW EXECUTE FUNCTION reviews_comment_is_final();

CREATE FUNCTION reviews_erase_quotes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reviews_comment SET quote = '' WHERE article_version_id = NEW.id AND quote <> '';
    RETURN NULL;
END $$;
CREATE TRIGGER comments_quote_what_stands AFTER UPDATE OF text ON claims_articleversion FOR EACH ROW
    WHEN (NEW.text = '') EXECUTE FUNCTION reviews_erase_quotes();

CREATE FUNCTION reviews_refuse_empty_quote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A comment on a place at which nothing stands'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_quote_stands_there';
END $$;
CREATE TRIGGER comment_quotes_something BEFORE INSERT ON reviews_comment FOR EACH ROW
    WHEN (NEW.quote = '' AND NEW.article_version_id IS NOT NULL) EXECUTE FUNCTION reviews_refuse_empty_quote();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0010_nothing_left_of_what_was_withdrawn'),
        ('reviews', '0031_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='comment',
            name='comment_span_is_whole',
        ),
        migrations.AlterField(
            model_name='comment',
            name='quote',
            field=models.TextField(blank=True, help_text='What stood there; empty once its article was withdrawn.'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end__isnull', True), ('quote', ''), ('start__isnull', True)), models.Q(('end', django.db.models.expressions.CombinedExpression(models.F('start'), '+', django.db.models.functions.text.Length('quote'))), ('end__gt', models.F('start')), ('end__isnull', False), ('start__isnull', False)), models.Q(('article_version__isnull', False), ('end__isnull', False), ('quote', ''), ('start__isnull', False)), _connector='OR'), name='comment_span_is_whole'),
        ),
        migrations.RunSQL(FORWARD),
    ]
