/** What a model writes, as far as this console draws it. Never HTML: tags are words like any others. */
export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'emphasis' | 'deleted'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] };

export type Block =
  | { kind: 'code'; language: string; text: string }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | null; items: Block[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

/** Quotes and lists within each other go so deep; deeper ones are plain text. */
const DEEPEST = 6;

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const rule = /^ {0,3}([-*_])( *\1){2,} *$/;
const quote = /^ {0,3}> ?(.*)$/;
const bullet = /^( {0,3})([-*+]|\d{1,9}[.)])( +)(.*)$/;
const tableRule = /^ *\|?( *:?-+:? *\|)+( *:?-+:? *)?$/;

/** The blocks of a text. A fence that isn't closed yet runs to the end, because the answer is still arriving. */
export function parseMarkdown(text: string, depth = 0): Block[] {
  return parseLines(text.replace(/\r\n?/g, '\n').split('\n'), depth);
}

function parseLines(lines: string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = () => {
    const words = paragraph.join('\n').trim();
    if (words) blocks.push({ kind: 'paragraph', children: parseInline(words) });
    paragraph = [];
  };
  const take = (block: Block, end: number) => {
    endParagraph();
    blocks.push(block);
    return end;
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const next = lines[at + 1] ?? '';
    const title = heading.exec(line);
    const nested = depth < DEEPEST;
    if (fence.test(line)) at = codeBlock(lines, at, take);
    else if (title)
      at = take({ kind: 'heading', level: title[1]?.length ?? 1, children: parseInline(title[2] ?? '') }, at + 1);
    else if (rule.test(line)) at = take({ kind: 'rule' }, at + 1);
    else if (nested && quote.test(line)) at = quoteBlock(lines, at, depth, take);
    else if (nested && bullet.test(line)) at = listBlock(lines, at, depth, take);
    else if (line.includes('|') && tableRule.test(next)) at = tableBlock(lines, at, take);
    else {
      if (line.trim() === '') endParagraph();
      else paragraph.push(line);
      at += 1;
    }
  }
  endParagraph();
  return blocks;
}

type Take = (block: Block, end: number) => number;

/** Where the lines that fulfil something end. */
function endOf(lines: string[], from: number, belongs: (line: string) => boolean): number {
  let end = from;
  while (end < lines.length && belongs(lines[end] ?? '')) end += 1;
  return end;
}

function codeBlock(lines: string[], at: number, take: Take): number {
  const [, mark = '```', language = ''] = fence.exec(lines[at] ?? '') ?? [];
  const closes = (line: string) => line.trim().startsWith(mark) && line.trim().replaceAll(mark[0] ?? '`', '') === '';
  const end = endOf(lines, at + 1, (line) => !closes(line));
  return take({ kind: 'code', language: language.trim(), text: lines.slice(at + 1, end).join('\n') }, end + 1);
}

function quoteBlock(lines: string[], at: number, depth: number, take: Take): number {
  const end = endOf(lines, at, (line) => quote.test(line));
  const within = lines.slice(at, end).map((line) => quote.exec(line)?.[1] ?? '');
  return take({ kind: 'quote', blocks: parseLines(within, depth + 1) }, end);
}

function listBlock(lines: string[], at: number, depth: number, take: Take): number {
  const first = bullet.exec(lines[at] ?? '');
  const isNumbered = (mark: string | undefined) => /\d/.test(mark ?? '');
  const numbered = isNumbered(first?.[2]);
  const items: Block[][] = [];
  let end = at;
  while (end < lines.length) {
    const begin = bullet.exec(lines[end] ?? '');
    if (!begin || isNumbered(begin[2]) !== numbered || rule.test(lines[end] ?? '')) break;
    const width = (begin[1] ?? '').length + (begin[2] ?? '').length + 1;
    const indented = (line: string) => line.startsWith(' '.repeat(Math.min(width, 2)));
    // An empty line belongs to the item if it goes on after it.
    const stop = endOf(lines, end + 1, (line) => indented(line) || line.trim() === '');
    const own = lines.slice(end + 1, stop).map((line) => line.replace(new RegExp(`^ {0,${width}}`), ''));
    items.push(parseLines([begin[4] ?? '', ...own], depth + 1));
    end = stop;
  }
  return take({ kind: 'list', start: numbered ? Number.parseInt(first?.[2] ?? '1', 10) : null, items }, end);
}

function tableBlock(lines: string[], at: number, take: Take): number {
  const end = endOf(lines, at + 2, (line) => line.includes('|'));
  const cells = (line: string) =>
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => parseInline(cell.trim().replaceAll('\\|', '|')));
  return take({ kind: 'table', head: cells(lines[at] ?? ''), rows: lines.slice(at + 2, end).map(cells) }, end);
}

/** In the order in which they are looked for at a place. */
const marks: [pattern: RegExp, make: (groups: string[], parse: (text: string) => Inline[]) => Inline | null][] = [
  [/^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/, ([, , text = '']) => ({ kind: 'code', text: text.trim() })],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*(?!\*)/, ([, text = ''], parse) => ({ kind: 'strong', children: parse(text) })],
  [/^__(?=\S)([\s\S]*?\S)__(?!\w)/, ([, text = ''], parse) => ({ kind: 'strong', children: parse(text) })],
  [/^~~(?=\S)([\s\S]*?\S)~~/, ([, text = ''], parse) => ({ kind: 'deleted', children: parse(text) })],
  [/^\*(?=\S)([^*]*?[^*\s])\*(?!\*)/, ([, text = ''], parse) => ({ kind: 'emphasis', children: parse(text) })],
  [/^_(?=\S)([^_]*?[^_\s])_(?!\w)/, ([, text = ''], parse) => ({ kind: 'emphasis', children: parse(text) })],
  [
    /^\[([^[\]]+)\]\(\s*<?([^\s<>()]+)>?(?:\s+"[^"]*")?\s*\)/,
    ([, text = '', href = '']) => linkTo(href, parseInline(text, true)),
  ],
  [/^<?(https?:\/\/[^\s<>]*[^\s<>.,;:!?'")\]])>?/, ([, href = '']) => linkTo(href, [{ kind: 'text', text: href }])],
];

/** The marks within a paragraph. What isn't closed, or leads where a link may not, stays as it was written. */
export function parseInline(text: string, inLink = false): Inline[] {
  const found: Inline[] = [];
  let plain = '';
  const endPlain = () => {
    if (plain) found.push({ kind: 'text', text: plain });
    plain = '';
  };
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    const escaped = character === '\\' && /[\\`*_[\]()#+\-.!|~<>]/.test(text[at + 1] ?? '');
    const made = escaped ? null : markAt(text, at, inLink);
    if (made) {
      endPlain();
      found.push(made.inline);
      at += made.length;
    } else {
      plain += escaped ? text[at + 1] : character;
      at += escaped ? 2 : 1;
    }
  }
  endPlain();
  return found;
}

/** Longer marks aren't looked for: an answer of one endless line is still drawn at once. */
const LONGEST_MARK = 4_000;

function markAt(text: string, at: number, inLink: boolean): { inline: Inline; length: number } | null {
  // A link stands in no other.
  if (!(inLink ? /[`*_~]/ : /[`*_~[<h]/).test(text[at] ?? '')) return null;
  // Within a word an underscore is one, and so is the h of "https".
  if (/[_h]/.test(text[at] ?? '') && /\w/.test(text[at - 1] ?? '')) return null;
  const rest = text.slice(at, at + LONGEST_MARK);
  for (const [pattern, make] of marks) {
    const match = pattern.exec(rest);
    const inline = match && make([...match], (words) => parseInline(words, inLink));
    if (match && inline) return { inline, length: match[0].length };
  }
  return null;
}

function linkTo(address: string, children: Inline[]): Inline | null {
  const href = safeAddress(address);
  return href === null ? null : { kind: 'link', href, children };
}

/** Where a link of a model may lead: to the web or to a mailbox, never to a script or into this console. */
export function safeAddress(address: string): string | null {
  try {
    const url = new URL(address);
    return ['https:', 'http:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
