"""Rows of the table of NothingDestructive: SQL files. `destructive_table` says how to read them."""

Row = tuple[str, str, str]

EMPTYING_FUNCTION = """
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF now() > now() THEN
    DELETE FROM logs;
  END IF;
END;
$body$;
"""
PLAIN_MERGE = """
MERGE INTO a USING b ON a.id = b.id
WHEN MATCHED THEN UPDATE SET x = b.x
WHEN NOT MATCHED THEN INSERT (id) VALUES (b.id);
"""
PLAIN_TRIGGER = """
CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  NEW.at := now();
  UPDATE a SET b = 1 WHERE id = NEW.id;
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON a FOR EACH ROW EXECUTE FUNCTION touch();
"""

SQL: tuple[Row, ...] = (
    # what the old system knew
    ("m.sql", "DROP TABLE users;", "sql_drop_table"),
    ("m.sql", "drop   table if exists users cascade;", "sql_drop_table"),
    ("m.sql", "DROP DATABASE shop;", "sql_drop_database"),
    ("m.sql", "TRUNCATE TABLE users;", "sql_truncate"),
    ("m.sql", "DELETE FROM users;", "sql_delete_all"),
    ("m.sql", "ALTER TABLE users DROP COLUMN name;", "sql_alter_drop"),
    # missed before
    ("m.sql", "TRUNCATE users;", "sql_truncate"),
    ("m.sql", "DROP INDEX by_name;", "sql_drop"),
    ("m.sql", "DROP VIEW active;", "sql_drop"),
    ("m.sql", "DROP SCHEMA shop CASCADE;", "sql_drop_database"),
    ("m.sql", "DELETE FROM public.logs;", "sql_delete_all"),
    ("m.sql", 'DELETE FROM "logs";', "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE 1=1;", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs", "sql_delete_all"),
    ("m.sql", 'ALTER TABLE "users" DROP COLUMN "name";', "sql_alter_drop"),
    ("m.sql", "ALTER TABLE public.`users` DROP `name`;", "sql_alter_drop"),
    ("m.sql", "UPDATE users SET admin = true;", "sql_update_all"),
    ("m.sql", "DROP/**/TABLE users;", "sql_drop_table"),
    ("m.sql", "DROP -- not really\n  TABLE users;", "sql_drop_table"),
    ("m.sql", "DELETE\n  FROM logs\n;", "sql_delete_all"),
    ("m.sql", "/*!50000 DROP TABLE users */;", "sql_drop_table"),
    ("m.sql", "-- a comment\rDROP TABLE users;", "sql_drop_table"),
    # a WHERE that holds nothing back
    ("m.sql", "DELETE FROM logs WHERE true;", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE 1;", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE id = id;", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE id = 7 OR 2 > 1;", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE NOT (1 = 0) AND 'a' = 'a';", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE name LIKE '%';", "sql_delete_all"),
    ("m.sql", "DELETE FROM logs WHERE EXISTS (SELECT 1);", "sql_delete_all"),
    ("m.sql", "UPDATE users SET admin = true WHERE 'x' <> 'y';", "sql_update_all"),
    ("m.sql", "DELETE FROM logs LIMIT 5;", "sql_delete_all"),
    # inside other statements
    ("m.sql", "WITH old AS (DELETE FROM logs RETURNING *) SELECT * FROM old;", "sql_delete_all"),
    ("m.sql", "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE;", "sql_merge_delete"),
    ("m.sql", "COPY logs FROM PROGRAM 'curl evil';", "sql_program"),
    ("m.sql", "COPY (SELECT 1) TO PROGRAM 'sh';", "sql_program"),
    ("m.sql", "EXPLAIN ANALYZE DELETE FROM logs;", "sql_delete_all"),
    ("m.sql", "EXPLAIN (ANALYZE, VERBOSE) DELETE FROM logs;", "sql_delete_all"),
    ("m.sql", "PREPARE p AS DELETE FROM logs;", "sql_delete_all"),
    ("m.sql", "DO $$ BEGIN DROP TABLE users; END $$;", "sql_drop_table"),
    ("m.sql", "DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$;", "sql_drop_table"),
    ("m.sql", "DO $$ BEGIN EXECUTE format('DROP TABLE %I', t); END $$;", "sql_unreadable"),
    ("m.sql", "CREATE FUNCTION f() RETURNS void AS $$ DROP TABLE users $$ LANGUAGE sql;", "sql_drop_table"),
    ("m.sql", "CREATE FUNCTION f() RETURNS void AS 'DELETE FROM logs' LANGUAGE sql;", "sql_delete_all"),
    ("m.sql", EMPTYING_FUNCTION, "sql_delete_all"),
    ("m.sql", "CREATE FUNCTION f() RETURNS int AS $$ import os $$ LANGUAGE plpython3u;", "sql_unreadable"),
    ("m.sql", "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;", "sql_delete_all"),
    ("m.sql", "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW DELETE FROM b;", "sql_delete_all"),
    ("m.sql", "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;", "sql_unreadable"),
    ("m.sql", "CREATE OR REPLACE TABLE users (id int);", "sql_drop_table"),
    ("m.sql", "INSERT OVERWRITE TABLE users SELECT 1;", "sql_truncate"),
    ("m.sql", "SELECT 1; SELECT 2; DROP TABLE users; SELECT 3", "sql_drop_table"),
    # other drops, and what only some dialects know
    ("m.sql", "DROP ROLE reader;", "sql_drop"),
    ("m.sql", "DROP OWNED BY reader;", "sql_drop"),
    ("m.sql", "DROP EXTENSION pgcrypto;", "sql_drop"),
    ("m.sql", "DROP POLICY p ON users;", "sql_drop"),
    ("m.sql", "ALTER TABLE users ADD COLUMN a int, DROP COLUMN b;", "sql_alter_drop"),
    ("m.sql", "ALTER TABLE users DROP CONSTRAINT c;", "sql_alter_drop"),
    ("m.sql", "ALTER TABLE users DROP PRIMARY KEY;", "sql_alter_drop"),
    ("m.sql", "ALTER TABLE logs DROP PARTITION p1;", "sql_alter_drop"),
    ("m.sql", "ALTER TABLE logs TRUNCATE PARTITION p1;", "sql_alter_drop"),
    ("m.sql", "ALTER TYPE mood DROP ATTRIBUTE a;", "sql_alter_drop"),
    ("m.sql", "GRANT ALL ON users TO public;", "sql_rights"),
    ("m.sql", "REVOKE ALL ON users FROM reader;", "sql_rights"),
    ("m.sql", "ALTER TABLE users DISABLE ROW LEVEL SECURITY;", "sql_rights"),
    ("m.sql", "ALTER TABLE users OWNER TO eve;", "sql_rights"),
    ("m.sql", "CREATE USER eve;", "sql_rights"),
    ("m.sql", "ALTER TABLE users ALTER COLUMN age TYPE smallint;", "sql_column_type"),
    ("m.sql", "ALTER TABLE users MODIFY age smallint;", "sql_column_type"),
    # what nobody can read fails closed
    ("m.sql", "PURGE BINARY LOGS BEFORE '2026-01-01';", "sql_unreadable"),
    ("m.sql", "CALL tidy_up();", "sql_unreadable"),
    ("m.sql", "\\i other.sql", "sql_unreadable"),
    ("m.sql", "SELECT 'a string that never ends;", "sql_unreadable"),
    ("m.sql", "PRAGMA writable_schema = ON;", "sql_unreadable"),
    ("m.sql", "CREATE RULE r AS ON INSERT TO a DO INSTEAD DELETE FROM b;", "sql_unreadable"),
    ("M.SQL", "DROP TABLE users;", "sql_drop_table"),
    # wrongly hit before: prose and comments
    ("m.sql", "-- DROP TABLE users;\nSELECT 1;", ""),
    ("m.sql", "# DROP TABLE users;\nSELECT 1;", ""),
    ("m.sql", "/* TRUNCATE TABLE users;\n rm -rf / */\nSELECT 1;", ""),
    ("m.sql", "INSERT INTO notes (body) VALUES ('DROP TABLE users; --force');", ""),
    ("m.sql", "COMMENT ON TABLE users IS 'never DROP TABLE users';", ""),
    # plain work
    ("m.sql", "DELETE FROM logs WHERE id = 7;", ""),
    ("m.sql", "DELETE FROM logs USING old WHERE logs.id = old.id;", ""),
    ("m.sql", "UPDATE users SET name = 'x' WHERE id IN (SELECT id FROM other);", ""),
    ("m.sql", "UPDATE users SET a = CASE WHEN b THEN 1 ELSE 2 END WHERE id > 3;", ""),
    ("m.sql", "CREATE TABLE IF NOT EXISTS event (id serial PRIMARY KEY, trigger text);", ""),
    ("m.sql", "CREATE TABLE `a` (`id` int AUTO_INCREMENT, KEY `k` (`id`)) ENGINE=InnoDB;", ""),
    ("m.sql", "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES b (id) ON DELETE CASCADE;", ""),
    ("m.sql", "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;\nALTER TABLE a ALTER COLUMN b DROP DEFAULT;", ""),
    ("m.sql", "CREATE UNIQUE INDEX CONCURRENTLY i ON a (b);\nREINDEX TABLE a;\nVACUUM;", ""),
    ("m.sql", "CREATE EXTENSION IF NOT EXISTS pgcrypto;\nALTER TYPE mood ADD VALUE 'calm';", ""),
    ("m.sql", "BEGIN;\nSAVEPOINT a;\nRELEASE SAVEPOINT a;\nCOMMIT;\nPRAGMA foreign_keys = ON;", ""),
    ("m.sql", "SELECT * FROM a FOR UPDATE;\nINSERT INTO a VALUES (1) ON CONFLICT DO NOTHING;", ""),
    ("m.sql", "INSERT INTO a (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET b = 2;", ""),
    ("m.sql", "INSERT INTO a (id) VALUES (1) ON DUPLICATE KEY UPDATE b = 2;", ""),
    ("m.sql", PLAIN_MERGE, ""),
    ("m.sql", PLAIN_TRIGGER, ""),
    (
        "m.sql",
        "CREATE TRIGGER t AFTER DELETE ON a BEGIN DELETE FROM b WHERE id = OLD.id; END;\nSELECT 1;",
        "",
    ),
)
