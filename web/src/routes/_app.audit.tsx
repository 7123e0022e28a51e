import { createFileRoute } from '@tanstack/react-router';
import { AuditPage } from '@/features/audit/audit-page';
import { auditSearch } from '@/features/audit/search';

export const Route = createFileRoute('/_app/audit')({
  staticData: { title: 'audit.title', module: 'audit' },
  validateSearch: auditSearch,
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
