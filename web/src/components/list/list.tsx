import type { UseQueryResult } from '@tanstack/react-query';
import type { RowData } from '@tanstack/react-table';
import { SearchX } from 'lucide-react';
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Listing } from '@/api/pages';
import { Loaded } from '@/components/loaded';
import { SearchField } from '@/components/search-field';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { TableSkeleton } from '@/components/ui/skeleton';
import { useIsAsWideAs } from '@/lib/screen-width';
import { finds, searchWords } from '@/lib/search-words';
import { formatSort, parseSort } from '@/lib/sorting';
import { type Column, isOptional, shownColumns } from './column';
import { ColumnChoiceMenu } from './column-choice';
import { useKeptChoice } from './kept-choice';
import { Table } from './table';

/** What of every list lives in its address. */
type ListSearch = { q?: string; sort?: string };

type ListProps<Row> = {
  /** What a person chooses about this list is kept under this name. */
  name: string;
  title: string;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  query: UseQueryResult<Listing<Row>>;
  search: ListSearch;
  onSearch: (change: ListSearch) => void;
  /** The name of the search field; a list that nothing is found in by words has none. */
  find?: string;
  /** What of a row is searched here, in small letters; without it the server has searched. Always the same function, as `keep` is. */
  textOf?: (row: Row) => string;
  /** What else decides here whether a row is listed. */
  keep?: (row: Row) => boolean;
  /** Beside the search field. */
  filters?: ReactNode;
  /** Whether the filters leave something out. */
  filtered?: boolean;
  /** Takes search and filters off; only needed where there are filters. */
  onClear?: () => void;
  /** The order without one in the address; else that of the server. */
  usualSort?: string;
  /** Instead of the table when there is nothing yet. */
  empty?: ReactNode;
  /** Below the rows, or below the words for none. */
  more?: ReactNode;
};

/** A list page's card: search, filters and the choice of columns above, then the rows, or why there are none. */
export function List<Row extends RowData>(props: ListProps<Row>) {
  const { t } = useTranslation();
  const { columns, search, onSearch } = props;
  const [choice, choose] = useKeptChoice(props.name);
  const shown = shownColumns(columns, choice, useIsAsWideAs());
  return (
    <Card bodyClassName="p-0 sm:p-0">
      <div className="flex flex-wrap items-center gap-3 border-border border-b p-3">
        {props.find && (
          <SearchField label={props.find} value={search.q ?? ''} onChange={(q) => onSearch({ q: q || undefined })} />
        )}
        {props.filters}
        <ColumnChoiceMenu
          columns={columns.filter((column) => isOptional(column, columns))}
          shown={shown}
          choice={choice}
          onChoose={choose}
        />
      </div>
      <Loaded query={props.query} skeleton={<TableSkeleton />}>
        {({ items, complete }) => (
          <Found {...props} items={items}>
            {(rows) => {
              const sort = parseSort(search.sort ?? props.usualSort);
              return (
                <>
                  <Table
                    caption={props.title}
                    columns={columns}
                    rows={rows}
                    rowKey={props.rowKey}
                    choice={choice}
                    sort={sort}
                    onSort={(next) => onSearch({ sort: formatSort(next) })}
                  />
                  {!complete && (
                    <p className="border-border border-t px-5 py-3 text-[13px] text-muted">{t('common.incomplete')}</p>
                  )}
                  {props.more}
                </>
              );
            }}
          </Found>
        )}
      </Loaded>
    </Card>
  );
}

type FoundProps<Row> = Pick<
  ListProps<Row>,
  'search' | 'onSearch' | 'textOf' | 'keep' | 'filtered' | 'onClear' | 'empty' | 'more'
> & {
  items: Row[];
  children: (rows: Row[]) => ReactNode;
};

/** The rows that search and filters leave, or what to do when they leave none. */
function Found<Row>({ items, search, textOf, keep, empty, children, ...props }: FoundProps<Row>) {
  const { t } = useTranslation();
  const words = useDeferredValue(searchWords(search.q));
  const rows = useMemo(
    () => items.filter((row) => (keep?.(row) ?? true) && (textOf ? finds(textOf(row), words) : true)),
    [items, words, textOf, keep],
  );
  if (rows.length > 0) return children(rows);
  const isFiltered = searchWords(search.q) !== '' || props.filtered;
  if (!isFiltered && empty) return empty;
  const clear = props.onClear ?? (() => props.onSearch({ q: undefined }));
  return (
    <>
      <EmptyState
        icon={SearchX}
        title={t('common.nothingFound')}
        action={isFiltered && <Button onClick={clear}>{t('common.clearFilters')}</Button>}
      />
      {props.more}
    </>
  );
}
