-- What `start` does at every start of the server, with the passwords of the Secret in the place of the words in @. An account is made once;
-- its password and rights are set each time, so that a changed Secret counts after a restart.
CREATE DATABASE IF NOT EXISTS vigil CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Changes tables: migrations, and a restore into an empty database.
CREATE USER IF NOT EXISTS 'vigil_migrate'@'%';
ALTER USER 'vigil_migrate'@'%' IDENTIFIED BY '@migrate-password@' REQUIRE SSL;
GRANT ALTER, CREATE, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON vigil.* TO 'vigil_migrate'@'%';

-- Reads and writes rows, and no more.
CREATE USER IF NOT EXISTS 'vigil_records'@'%';
ALTER USER 'vigil_records'@'%' IDENTIFIED BY '@records-password@' REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE, DELETE ON vigil.* TO 'vigil_records'@'%';

-- Reads everything for a backup.
CREATE USER IF NOT EXISTS 'vigil_backup'@'%';
ALTER USER 'vigil_backup'@'%' IDENTIFIED BY '@backup-password@' REQUIRE SSL;
GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER ON vigil.* TO 'vigil_backup'@'%';
