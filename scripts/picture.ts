/**
 * Draws a run as docs/run.svg: the output of `npm start`, with its colours, as a terminal would show it.
 *
 *     node scripts/picture.ts [FILE]      FILE: output already recorded with FORCE_COLOR=1, else a run is made
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import stringWidth from 'string-width';

const root = join(import.meta.dirname, '..');
const [file] = process.argv.slice(2);
const text =
  file === undefined
    ? execFileSync(process.execPath, ['dist/hardpoint.mjs', 'start', '--locale', 'en'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, FORCE_COLOR: '1', LANG: 'en_US.UTF-8' },
      })
    : readFileSync(file, 'utf8');

const colours: Record<string, string> = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' };
const cell = 7.25;
const leading = 16;
const escaped = (part: string): string => part.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const lines = text.trimEnd().split('\n');
const rows = lines.map((line, row) => {
  let style = { colour: '', bold: false, dim: false };
  let column = 0;
  const spans: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is being read
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is being read
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
    if (code !== undefined) {
      if (code === '1') style = { ...style, bold: true };
      else if (code === '2') style = { ...style, dim: true };
      else if (code === '22') style = { ...style, bold: false, dim: false };
      else style = { ...style, colour: colours[code] ?? '' };
      continue;
    }
    if (part === '') continue;
    const attributes = [
      `x="${(16 + column * cell).toFixed(1)}"`,
      style.colour === '' ? '' : `fill="${style.colour}"`,
      style.bold ? 'font-weight="600"' : '',
      style.dim ? 'opacity="0.6"' : '',
    ].filter((one) => one !== '');
    if (part.trim() !== '') spans.push(`<tspan ${attributes.join(' ')}>${escaped(part)}</tspan>`);
    column += stringWidth(part);
  }
  return `<text y="${48 + row * leading}" xml:space="preserve">${spans.join('')}</text>`;
});
const columns = Math.max(...lines.map((line) => stringWidth(line)));
const width = Math.ceil(32 + columns * cell);
const height = 48 + lines.length * leading + 8;
writeFileSync(
  join(root, 'docs/run.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="npm start in a terminal">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g><circle cx="20" cy="16" r="5" fill="#ff5f57"/><circle cx="38" cy="16" r="5" fill="#febc2e"/><circle cx="56" cy="16" r="5" fill="#28c840"/></g>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace" font-size="12" fill="#e6edf3">
${rows.join('\n')}
</g>
</svg>
`,
);
console.log(`docs/run.svg: ${lines.length} lines`);
