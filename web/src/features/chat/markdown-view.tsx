import { Fragment, type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from '@/components/code-block';
import { type Block, type Inline, parseMarkdown } from './markdown';

/** An answer as it was meant. Everything becomes an element of ours with text in it; nothing that a model writes is markup. */
export function MarkdownView({ text }: { text: string }) {
  return <Blocks blocks={useMemo(() => parseMarkdown(text), [text])} />;
}

function Blocks({ blocks }: { blocks: Block[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: blocks only grow at the end
  return blocks.map((block, index) => <BlockView key={index} block={block} />);
}

function BlockView({ block }: { block: Block }) {
  const { t } = useTranslation();
  switch (block.kind) {
    case 'code':
      return <CodeBlock code={block.text} label={block.language || t('chat.code')} />;
    case 'heading':
      // All of one level, the one below the page's own heading: models skip levels as they please.
      return <h2 className="mt-1 font-semibold text-[15px]">{inlines(block.children)}</h2>;
    case 'paragraph':
      return <p className="whitespace-pre-wrap break-words">{inlines(block.children)}</p>;
    case 'quote':
      return (
        <blockquote className="grid gap-2 border-border border-l-2 pl-3 text-muted">
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'list':
      return <ListView start={block.start} items={block.items} />;
    case 'table':
      return <TableView head={block.head} rows={block.rows} />;
    case 'rule':
      return <hr className="border-border" />;
  }
}

function ListView({ start, items }: { start: number | null; items: Block[][] }) {
  const entries = items.map((blocks, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: entries only grow at the end
    <li key={index} className="grid gap-1 pl-1">
      <Blocks blocks={blocks} />
    </li>
  ));
  return start === null ? (
    <ul className="ml-5 grid list-disc gap-1">{entries}</ul>
  ) : (
    <ol start={start} className="ml-6 grid list-decimal gap-1">
      {entries}
    </ol>
  );
}

function TableView({ head, rows }: { head: Inline[][]; rows: Inline[][][] }) {
  const { t } = useTranslation();
  const cell = 'border border-border px-2.5 py-1 text-left align-top';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label={t('chat.table')} className="overflow-x-auto" tabIndex={0}>
      <table className="text-sm">
        <thead>
          <tr>
            {head.map((words, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
              <th key={index} scope="col" className={`${cell} bg-sunken font-medium`}>
                {inlines(words)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows only grow at the end
            <tr key={index}>
              {row.map((words, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
                <td key={column} className={cell}>
                  {inlines(words)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function inlines(parts: Inline[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts only grow at the end
  return parts.map((part, index) => <Fragment key={index}>{inline(part)}</Fragment>);
}

function inline(part: Inline): ReactNode {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'code':
      return <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.9em]">{part.text}</code>;
    case 'strong':
      return <strong className="font-semibold">{inlines(part.children)}</strong>;
    case 'emphasis':
      return <em>{inlines(part.children)}</em>;
    case 'deleted':
      return <del>{inlines(part.children)}</del>;
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" className="underline underline-offset-4">
          {inlines(part.children)}
        </a>
      );
  }
}
