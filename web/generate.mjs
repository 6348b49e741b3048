// Makes src/generated/ from api/vigil/v1/*.proto with Debian's protoc; called before every check, test and build.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const api = fileURLToPath(new URL('../api', import.meta.url));
const out = `${here}src/generated`;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const wanted = readdirSync(`${api}/vigil/v1`).filter((name) => /^(live|eeg|vitals|detection|directory|alarm|technical|station)\.proto$/.test(name));
execFileSync(
  'protoc',
  [
    `--plugin=protoc-gen-es=${here}node_modules/.bin/protoc-gen-es`,
    `--proto_path=${api}`,
    `--es_out=${out}`,
    '--es_opt=target=ts',
    ...wanted.map((name) => `vigil/v1/${name}`),
  ],
  { stdio: 'inherit' },
);
