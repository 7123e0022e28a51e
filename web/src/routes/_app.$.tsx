import { createFileRoute } from '@tanstack/react-router';
import { NotFoundPage } from '@/components/route-problem';

export const Route = createFileRoute('/_app/$')({
  staticData: { title: 'common.pageNotFound', unscoped: true },
  component: NotFoundPage,
});
