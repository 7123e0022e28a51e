import i18next from 'i18next';
import { expect, it } from 'vitest';
import { routeTree } from '@/routeTree.gen';

type Node = {
  id: string;
  path?: string;
  options: { staticData?: { title?: string } };
  children?: Record<string, Node> | Node[];
};

function leaves(node: Node): Node[] {
  const children = Object.values(node.children ?? {});
  return children.length === 0 ? [node] : children.flatMap(leaves);
}

it('gives every page a title in words', () => {
  const pages = leaves(routeTree as unknown as Node);
  expect(pages.length).toBeGreaterThan(10);
  for (const page of pages) {
    const title = page.options.staticData?.title;
    expect(title && i18next.exists(title), `${page.id} has no title`).toBe(true);
  }
});
