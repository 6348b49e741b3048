import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { words } from './src/words';

/** What both pages' documents have in common. */
const head = [
  '<meta charset="utf-8" />',
  '<meta name="viewport" content="width=device-width, initial-scale=1" />',
  '<meta name="color-scheme" content="dark light" />',
  `<meta name="description" content="${words.disclaimer}" />`,
  '<meta name="robots" content="noindex" />',
  '<link rel="icon" type="image/svg+xml" href="/icon.svg" />',
].join('\n    ');

// Two pages, no inlined script, style or picture: the server's content security policy forbids them.
export default defineConfig({
  plugins: [
    {
      name: 'words-into-the-html',
      transformIndexHtml: {
        order: 'pre',
        handler: (html) => html.replace('%head%', head).replace('%title%', words.title).replace('%senderTitle%', words.sender.title).replace('%noScript%', words.noScript),
      },
    },
    {
      // At an address of its own that stays: a browser asks for its worker there for years.
      name: 'words-into-the-worker',
      generateBundle() {
        const worker = readFileSync('src/calls/push_worker.js', 'utf8').replace("'%words%'", JSON.stringify(words.pushed));
        this.emitFile({ type: 'asset', fileName: 'push-worker.js', source: worker });
      },
    },
  ],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    rollupOptions: { input: ['index.html', 'sender.html'] },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
