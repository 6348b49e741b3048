import { defineConfig } from 'vitest/config';
import { words } from './src/words';

// One page, no inlined script, style or picture: the server's content security policy forbids them.
export default defineConfig({
  plugins: [
    {
      name: 'words-into-the-html',
      transformIndexHtml: (html) => html.replace('%title%', words.title).replace('%noScript%', words.noScript).replace('%description%', words.disclaimer),
    },
  ],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
