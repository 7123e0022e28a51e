import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import { type FocusEvent, memo, type ReactNode, useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';
import { useIsAsWideAs } from '@/lib/screen-width';
import { compareValues, type Sort } from '@/lib/sorting';
import { type Column, type ColumnChoice, shownColumns } from './column';
import { ALL_DRAWN, useDrawnRows } from './drawn-rows';
import { openRow } from './open-row';
import { useRowFocus } from './row-focus';
import { useSteadyWidths } from './steady-widths';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

type TableProps<Row> = {
  caption: string;
  columns: Column<Row>[];
  /** The same array as long as nothing about it changed: it is sorted once. */
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** What the person wants of the columns that they may do without. */
  choice?: ColumnChoice;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
};

const nothingChosen: ColumnChoice = {};

/**
 * A table with a caption for assistive technology, of as many rows as there are: only those near the screen are drawn. Sorting state
 * belongs to the caller, because it lives in the URL.
 */
export function Table<Row extends RowData>({
  caption,
  columns,
  rows,
  rowKey,
  choice = nothingChosen,
  sort,
  onSort,
}: TableProps<Row>) {
  const shown = [...shownColumns(columns, choice, useIsAsWideAs())].join();
  const visible = useMemo(() => columns.filter(({ id }) => shown.split(',').includes(id)), [columns, shown]);
  const sorted = useSorted({ columns, rows, rowKey, sort });

  const head = useRef<HTMLTableSectionElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const partly = sorted.length > ALL_DRAWN;
  const widths = useSteadyWidths(head, partly ? shown : '');
  const keyOf = useCallback((index: number) => sorted[index]?.id ?? String(index), [sorted]);
  const drawn = useDrawnRows({ count: sorted.length, keyOf, body });
  const moveFocus = useRowFocus({ body, count: sorted.length, scrollTo: drawn.scrollTo });
  const hold = ({ target }: FocusEvent) => {
    // What opened from a row may lie elsewhere in the page.
    const index = body.current?.contains(target) && target.closest('tr')?.getAttribute('data-index');
    if (index) drawn.hold(Number(index));
  };

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
      <table
        className="w-full border-collapse text-left text-sm"
        aria-rowcount={partly ? sorted.length + 1 : undefined}
      >
        <caption className="sr-only">{caption}</caption>
        <thead ref={head}>
          <tr className="border-border border-b text-[13px] text-muted" aria-rowindex={partly ? 1 : undefined}>
            {visible.map((column, index) => (
              <HeaderCell key={column.id} column={column} width={widths?.[index]} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        {/* By keyboard the links are there; for the mouse the row is as good as its first link. */}
        <tbody ref={body} onFocus={hold} onKeyDown={moveFocus} onClick={openRow}>
          {drawn.rows.flatMap(({ index, gap }) => {
            const row = sorted[index];
            if (!row) return [];
            return [
              gap > 0 && <Gap key={`before ${row.id}`} height={gap} columns={visible.length} />,
              <TableRow
                key={row.id}
                row={row.original}
                columns={visible}
                index={index}
                isOneOfMany={partly}
                measure={drawn.measure}
              />,
            ];
          })}
          {drawn.gapAfter > 0 && <Gap height={drawn.gapAfter} columns={visible.length} />}
        </tbody>
      </table>
    </div>
  );
}

type TableRowProps<Row> = {
  row: Row;
  columns: Column<Row>[];
  index: number;
  isOneOfMany: boolean;
  measure: ((row: Element | null) => void) | undefined;
};

/** Drawn anew only when something about it changed: scrolling draws the rows that come into sight, and no others. */
const TableRow = memo(function TableRow<Row>({ row, columns, index, isOneOfMany, measure }: TableRowProps<Row>) {
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={isOneOfMany ? index + 2 : undefined}
      className="border-border border-b last:border-0 hover:bg-sunken/60 [&:has(td:first-child_:is(a[href],button))]:cursor-pointer"
    >
      {columns.map((column) => (
        <td
          key={column.id}
          className={cn(
            'px-4 py-3 align-middle first:pl-5 last:pr-5',
            column.align === 'right' && 'text-right tabular-nums',
          )}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}) as <Row>(props: TableRowProps<Row>) => ReactNode;

type SortedOptions<Row> = Pick<TableProps<Row>, 'columns' | 'rows' | 'rowKey' | 'sort'>;

/** The rows in the order that is asked for, each with its key. */
function useSorted<Row extends RowData>({ columns, rows, rowKey, sort }: SortedOptions<Row>) {
  const { language } = useTranslation().i18n;
  const { column, direction } = sort ?? {};
  // What a column sorts by are often words, and those of another language come in another order.
  const table = useTable({
    features,
    // biome-ignore lint/correctness/useExhaustiveDependencies: pages make their columns anew each time, but what they sort by only changes with these
    columns: useMemo(() => columns.map(definitionOf), [columns.map(({ id }) => id).join(), language]),
    // biome-ignore lint/correctness/useExhaustiveDependencies: what a row is sorted by is kept with it
    data: useMemo(() => [...rows], [rows, language]),
    getRowId: rowKey,
    state: {
      sorting: useMemo(() => (column ? [{ id: column, desc: direction === 'desc' }] : []), [column, direction]),
    },
  });
  return table.getRowModel().rows;
}

function definitionOf<Row extends RowData>({ id, sortValue }: Column<Row>): ColumnDef<typeof features, Row> {
  if (!sortValue) return { id, enableSorting: false };
  return {
    id,
    accessorFn: (row) => sortValue(row) ?? undefined,
    sortUndefined: 'last',
    sortFn: (left, right, column) => compareValues(left.getValue(column), right.getValue(column)),
  };
}

/** As high as the rows that aren't drawn here. */
function Gap({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns} className="p-0" style={{ height }} />
    </tr>
  );
}

type HeaderCellProps<Row> = { column: Column<Row>; width?: string; sort?: Sort; onSort?: (sort: Sort) => void };

function HeaderCell<Row>({ column, width, sort, onSort }: HeaderCellProps<Row>) {
  const active = sort?.column === column.id ? sort.direction : undefined;
  const Icon = active === 'asc' ? ArrowUp : active === 'desc' ? ArrowDown : ChevronsUpDown;
  const className = cn(
    'whitespace-nowrap px-4 py-2.5 font-medium first:pl-5 last:pr-5',
    column.align === 'right' && 'text-right',
  );
  if (!column.sortValue || !onSort) {
    return (
      <th scope="col" className={className} style={{ width }}>
        {column.headerHidden ? <span className="sr-only">{column.header}</span> : column.header}
      </th>
    );
  }
  return (
    <th
      scope="col"
      className={className}
      style={{ width }}
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
