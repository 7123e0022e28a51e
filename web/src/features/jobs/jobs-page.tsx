import { useInfiniteQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { List } from '@/components/list/list';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { useJobColumns } from './columns';
import { jobsQuery } from './queries';
import type { JobsSearch } from './search';
import { useRetry } from './use-retry';
import { jobStateLabel, jobStates } from './words';

type JobsPageProps = { search: JobsSearch; onSearch: (change: JobsSearch) => void };

export function JobsPage({ search, onSearch }: JobsPageProps) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(jobsQuery(search.state));
  const retry = useRetry();
  const retrying = retry.isPending ? retry.variables.id : undefined;
  const columns = useJobColumns({ onRetry: retry.mutate, retrying });
  const showing = search.state ?? 'all';

  return (
    <Page title={t('jobs.title')} description={t('jobs.description')}>
      <List
        name="jobs"
        title={t('jobs.title')}
        columns={columns}
        rowKey={({ id }) => id}
        query={query}
        // What is on screen is a part: it is neither searched nor sorted here.
        search={{}}
        onSearch={() => onSearch({ state: undefined })}
        filters={
          <Select
            aria-label={t('jobs.show')}
            className="w-auto"
            value={search.state ?? ''}
            onChange={(event) => onSearch({ state: jobStates.find((state) => state === event.target.value) })}
          >
            <option value="">{t('jobs.all')}</option>
            {jobStates.map((state) => (
              <option key={state} value={state}>
                {jobStateLabel(t, state)}
              </option>
            ))}
          </Select>
        }
        empty={
          <EmptyState icon={ListChecks} title={t(`jobs.none.${showing}`)}>
            {t(`jobs.noneDetail.${showing}`)}
          </EmptyState>
        }
        more={
          query.hasNextPage && (
            <div className="flex justify-center border-border border-t p-3">
              <Button pending={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                {t('jobs.more')}
              </Button>
            </div>
          )
        }
      />
    </Page>
  );
}
