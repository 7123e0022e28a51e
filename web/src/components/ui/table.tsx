import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '@/lib/class-names';
import type { Sort } from '@/lib/sorting';

export type Column<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  sortValue?: (row: Row) => string | number | null;
  align?: 'left' | 'right';
  /** Leaves the column out below the given width; the first column always stays. */
  hideBelow?: 'sm' | 'md' | 'lg';
  headerHidden?: boolean;
};

const hide = { sm: 'max-sm:hidden', md: 'max-md:hidden', lg: 'max-lg:hidden' };

type TableProps<Row> = {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
};

/** A table with a caption for assistive technology; sorting state belongs to the caller, because it lives in the URL. */
export function Table<Row>({ caption, columns, rows, rowKey, sort, onSort }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
    <div
      role="group"
      aria-label={caption}
      // What is only for screen readers is positioned: without a frame of its own it would widen the page.
      className="relative overflow-x-auto"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-border border-b text-[13px] text-muted">
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-border border-b last:border-0 hover:bg-sunken/60">
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={cn(
                    'px-4 py-3 align-middle first:pl-5 last:pr-5',
                    column.align === 'right' && 'text-right tabular-nums',
                    column.hideBelow && hide[column.hideBelow],
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
}) {
  const active = sort?.column === column.id ? sort.direction : undefined;
  const Icon = active === 'asc' ? ArrowUp : active === 'desc' ? ArrowDown : ChevronsUpDown;
  const className = cn(
    'whitespace-nowrap px-4 py-2.5 font-medium first:pl-5 last:pr-5',
    column.align === 'right' && 'text-right',
    column.hideBelow && hide[column.hideBelow],
  );
  if (!column.sortValue || !onSort) {
    return (
      <th scope="col" className={className}>
        {column.headerHidden ? <span className="sr-only">{column.header}</span> : column.header}
      </th>
    );
  }
  return (
    <th
      scope="col"
      className={className}
      aria-sort={active === 'asc' ? 'ascending' : active === 'desc' ? 'descending' : 'none'}
    >
      <button
        type="button"
        className="inline-flex items-center gap-1 rounded hover:text-foreground"
        onClick={() => onSort({ column: column.id, direction: active === 'asc' ? 'desc' : 'asc' })}
      >
        {column.header}
        <Icon className="size-3.5" aria-hidden />
      </button>
    </th>
  );
}
