import { createFileRoute } from '@tanstack/react-router';
import { JobsPage } from '@/features/jobs/jobs-page';
import { jobsQuery } from '@/features/jobs/queries';
import { jobsSearch } from '@/features/jobs/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/platform/jobs')({
  staticData: { title: 'jobs.title', module: 'jobs' },
  validateSearch: jobsSearch,
  loader: (visit) => {
    const { state } = jobsSearch.parse(visit.location.search);
    beginPage(visit, (queries) => [queries.ensureInfiniteQueryData(jobsQuery(state))]);
  },
  component: Jobs,
});

function Jobs() {
  const navigate = Route.useNavigate();
  return (
    <JobsPage
      search={Route.useSearch()}
      onSearch={(change) =>
        navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false })
      }
    />
  );
}
