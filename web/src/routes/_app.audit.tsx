import { createFileRoute } from '@tanstack/react-router';
import { AuditPage } from '@/features/audit/audit-page';
import { auditQuery } from '@/features/audit/queries';
import { auditSearch, withoutEntry } from '@/features/audit/search';
import { beginPage } from './-loading';

export const Route = createFileRoute('/_app/audit')({
  staticData: { title: 'audit.title', module: 'audit' },
  validateSearch: auditSearch,
  loader: (visit) => {
    const filters = withoutEntry(auditSearch.parse(visit.location.search));
    beginPage(visit, (queries) => [queries.ensureInfiniteQueryData(auditQuery(filters))]);
  },
  component: Audit,
});

function Audit() {
  const navigate = Route.useNavigate();
  return (
    <AuditPage
      search={Route.useSearch()}
      onSearch={(search) => navigate({ search, replace: true, resetScroll: false })}
    />
  );
}
