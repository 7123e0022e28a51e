import { describe, expect, it } from 'vitest';
import { type Block, type Inline, parseInline, parseMarkdown, safeAddress } from './markdown';

const text = (words: string): Inline => ({ kind: 'text', text: words });
const paragraph = (words: string): Block => ({ kind: 'paragraph', children: [text(words)] });

describe('blocks', () => {
  it('are told apart', () => {
    const blocks = parseMarkdown('# Title\n\nOne\ntwo\n\n---\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd');
    expect(blocks.map(({ kind }) => kind)).toEqual(['heading', 'paragraph', 'rule', 'quote', 'table', 'paragraph']);
    expect(blocks[1]).toEqual(paragraph('One\ntwo'));
    expect(blocks[4]).toMatchObject({ head: [[text('a')], [text('b')]], rows: [[[text('1')], [text('2')]]] });
  });

  it('of code keep every character, also while the fence is open', () => {
    const code = { kind: 'code', language: 'python', text: '# not a title\n\n  *x*' };
    expect(parseMarkdown('Try:\n```python\n# not a title\n\n  *x*\n```\nDone')[1]).toEqual(code);
    expect(parseMarkdown('```python\n# not a title\n\n  *x*')).toEqual([code]);
    expect(parseMarkdown('````md\n```\n````')).toEqual([{ kind: 'code', language: 'md', text: '```' }]);
  });

  it('of lists hold lists', () => {
    const [list] = parseMarkdown('3. three\n   - inner\n4. four');
    expect(list).toEqual({
      kind: 'list',
      start: 3,
      items: [[paragraph('three'), { kind: 'list', start: null, items: [[paragraph('inner')]] }], [paragraph('four')]],
    });
  });

  it('end however deep they are', () => {
    expect(parseMarkdown(`${'> '.repeat(500)}deep`)).toHaveLength(1);
    expect(parseMarkdown(`${'- '.repeat(500)}deep`)).toHaveLength(1);
  });
});

describe('marks', () => {
  it('are drawn', () => {
    expect(parseInline('a **b *c*** `d*e*` ~~f~~')).toMatchObject([
      text('a '),
      { kind: 'strong' },
      text(' '),
      { kind: 'code', text: 'd*e*' },
      text(' '),
      { kind: 'deleted' },
    ]);
    expect(parseInline('[here](https://example.com/a)')).toEqual([
      { kind: 'link', href: 'https://example.com/a', children: [text('here')] },
    ]);
    expect(parseInline('See https://example.com.')[1]).toMatchObject({ kind: 'link', href: 'https://example.com/' });
  });

  it.each(['snake_case_name', '2 * 3 * 4', '**open', '`open', '[no](', 'a_b', '<b>bold</b>', '&lt;'])(
    'that are none stay words: %s',
    (words) => {
      expect(parseInline(words)).toEqual([text(words)]);
    },
  );

  it.each([
    '[x](javascript:alert(1))',
    '[x](javascript:alert)',
    '[x](data:text/html,x)',
    '[x](/app/account)',
    '<img src=x onerror=alert(1)>',
  ])('never make anything act: %s', (words) => {
    expect(parseInline(words).every(({ kind }) => kind === 'text')).toBe(true);
  });
});

it.each([
  ['https://example.com', 'https://example.com/'],
  ['mailto:ada@example.com', 'mailto:ada@example.com'],
  ['JavaScript:alert(1)', null],
  ['vbscript:x', null],
  ['//example.com', null],
  ['models', null],
])('leads to %s only where that is safe', (address, href) => {
  expect(safeAddress(address)).toBe(href);
});

it('a link whose words are an address leads where it says', () => {
  const [link] = parseInline('[https://a.example](https://b.example)');
  expect(link).toEqual({
    kind: 'link',
    href: 'https://b.example/',
    children: [{ kind: 'text', text: 'https://a.example' }],
  });
});
