-- The two accounts of the store's database, and the database. Run by an administrator, as often as wanted, with
--   SET @database = 'vigil', @migrate_password = '...', @records_password = '...';
-- before it in the same session. Passwords are set anew each time, so that they can be changed. Add REQUIRE SSL to both
-- (ALTER USER ... REQUIRE SSL) where the server has a certificate and --store-ca is given.

SET @statement = CONCAT('CREATE DATABASE IF NOT EXISTS `', @database, '`');
PREPARE prepared FROM @statement;
EXECUTE prepared;

-- Changes tables. Only the start of `records` uses it, under a lock, and only where a migration is missing.
CREATE USER IF NOT EXISTS 'vigil_migrate'@'%';
SET @statement = CONCAT('ALTER USER ''vigil_migrate''@''%'' IDENTIFIED BY ', QUOTE(@migrate_password));
PREPARE prepared FROM @statement;
EXECUTE prepared;
SET @statement = CONCAT('GRANT CREATE, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE ON `', @database, '`.* TO ''vigil_migrate''@''%''');
PREPARE prepared FROM @statement;
EXECUTE prepared;

-- Reads and writes rows, and can change no table.
CREATE USER IF NOT EXISTS 'vigil_records'@'%';
SET @statement = CONCAT('ALTER USER ''vigil_records''@''%'' IDENTIFIED BY ', QUOTE(@records_password));
PREPARE prepared FROM @statement;
EXECUTE prepared;
SET @statement = CONCAT('GRANT SELECT, INSERT, UPDATE, DELETE ON `', @database, '`.* TO ''vigil_records''@''%''');
PREPARE prepared FROM @statement;
EXECUTE prepared;
DEALLOCATE PREPARE prepared;
