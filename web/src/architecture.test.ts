import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** From the ground up. A file imports from its own floor and from those below it; `instead` is for whoever wanted to reach higher. */
const floors = [
  {
    name: 'the ground',
    rooms: ['lib', 'api', 'i18n'],
    instead: 'hand in what it needs as an argument, or move the file up to where its subject lives',
  },
  {
    name: 'components',
    rooms: ['components'],
    instead: 'take it as a property; a part that knows a feature lives in that feature, one of every page in shell/',
  },
  {
    name: 'features',
    rooms: ['features'],
    instead: 'take it as a property of the page, or move what both need down into the feature whose subject it is',
  },
  { name: 'the shell', rooms: ['shell'], instead: 'read it from the router: the shell knows addresses, not pages' },
  {
    name: 'routes',
    rooms: ['routes'],
    instead: 'a route knows features and the shell, nothing that starts the program',
  },
  { name: 'the program', rooms: ['main.tsx', 'application.tsx', 'routeTree.gen.ts'], instead: '' },
];

/** Text by path below src/, for instance `lib/format.ts`. */
type Sources = ReadonlyMap<string, string>;

/** Who imports whom. */
type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const isTest = (path: string) => path.startsWith('test/') || /\.test\.tsx?$/.test(path);
const roomOf = (path: string) => path.split('/')[0] ?? '';
const floorOf = (path: string) => floors.findIndex(({ rooms }) => rooms.includes(roomOf(path)));
const featureOf = (path: string) => /^features\/([^/]+)\//.exec(path)?.[1];

/** What a text imports of ours, also for its types and also later: every file knows whom it names. */
function importsOf(path: string, text: string, sources: Sources): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)].flatMap(([, named = '']) => {
    const whole = named.startsWith('@/') ? named.slice(2) : join(dirname(path), named);
    if (!named.startsWith('@/') && !named.startsWith('.')) return [];
    const plain = normalize(whole).split(sep).join('/');
    return [plain, `${plain}.ts`, `${plain}.tsx`].filter((candidate) => sources.has(candidate));
  });
}

function graphOf(sources: Sources): Graph {
  const shipped = [...sources].filter(([path]) => !isTest(path));
  return new Map(shipped.map(([path, text]) => [path, new Set(importsOf(path, text, sources))]));
}

function featuresOf(files: Graph): Graph {
  const features = new Map<string, Set<string>>();
  for (const [path, imported] of files) {
    const from = featureOf(path);
    if (!from) continue;
    const known = features.get(from) ?? new Set();
    features.set(from, known);
    for (const target of imported) {
      const to = featureOf(target);
      if (to && to !== from) known.add(to);
    }
  }
  return features;
}

/** One circle, as the way round that comes back to where it began; undefined when there is none. */
function circleIn(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, way: string[]): string[] | undefined => {
    const before = way.indexOf(node);
    if (before >= 0) return [...way.slice(before), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = walk(next, [...way, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = walk(node, []);
    if (circle) return circle;
  }
  return undefined;
}

/** Everything that breaks a rule, and what to do instead. */
function brokenRules(sources: Sources): string[] {
  const files = graphOf(sources);
  const broken: string[] = [];
  for (const [path, imported] of files) {
    const floor = floors[floorOf(path)];
    if (!floor) {
      broken.push(`${path} stands on no floor: put it into one of the folders that architecture.test.ts names`);
      continue;
    }
    for (const target of imported) {
      if (isTest(target)) {
        broken.push(`${path} imports ${target}: what the console ships does without src/test and without tests`);
      } else if (floorOf(target) > floorOf(path)) {
        broken.push(`${path} (${floor.name}) imports ${target} from a floor above: ${floor.instead}`);
      }
    }
  }
  const features = circleIn(featuresOf(files));
  if (features) {
    broken.push(
      `features import each other in a circle, ${features.join(' → ')}: move what both need into the lower one, or hand it in`,
    );
  }
  const circle = circleIn(files);
  if (circle) {
    broken.push(
      `files import each other in a circle, ${circle.join(' → ')}: move what both need into a file of its own`,
    );
  }
  return broken;
}

function readSources(folder: string, root = folder): [path: string, text: string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return readSources(path, root);
    if (!/\.tsx?$/.test(entry.name)) return [];
    return [[relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')]];
  });
}

describe('the floors of the console', () => {
  it('are kept by every file', () => {
    const sources = new Map(readSources(join(process.cwd(), 'src')));
    expect(graphOf(sources).get('shell/app-shell.tsx')).toContain('features/session/session.ts');
    expect(brokenRules(sources)).toEqual([]);
  });
});

describe('each rule', () => {
  const broken = (files: Record<string, string>) => brokenRules(new Map(Object.entries(files)));
  const feature = "import { Keys } from '@/features/keys/page';";
  const page = { 'features/keys/page.tsx': '' };

  it.each([
    ['lib/format.ts', 'hand in what it needs'],
    ['api/client.ts', 'hand in what it needs'],
    ['i18n/i18n.ts', 'hand in what it needs'],
    ['components/ui/badge.tsx', 'take it as a property'],
  ])('keeps features out of %s', (path, instead) => {
    expect(broken({ ...page, [path]: feature })).toEqual([expect.stringContaining(instead)]);
    for (const above of ['features/keys/row.tsx', 'shell/sidebar.tsx', 'routes/_app.keys.tsx', 'main.tsx']) {
      expect(broken({ ...page, [above]: feature })).toEqual([]);
    }
  });

  it('keeps the shell out of features, routes out of the shell, and the program out of routes', () => {
    const found = broken({
      'features/keys/page.tsx': "import { Sidebar } from '@/shell/sidebar';",
      'shell/sidebar.tsx': "const page = import('../routes/keys');",
      'routes/keys.tsx': "import '../main';",
      'main.tsx': '',
    });
    expect(found).toEqual([
      expect.stringContaining('features/keys/page.tsx (features) imports shell/sidebar.tsx'),
      expect.stringContaining('shell/sidebar.tsx (the shell) imports routes/keys.tsx'),
      expect.stringContaining('routes/keys.tsx (routes) imports main.tsx'),
    ]);
  });

  it('sees a circle of features that no two files make alone, also one of types', () => {
    const found = broken({
      'features/session/form.tsx': "import { Codes } from '@/features/factors/codes';",
      'features/session/name.ts': '',
      'features/factors/codes.tsx': '',
      'features/factors/card.tsx': "import type { Dialog } from '@/features/account/search';",
      'features/account/search.ts': '',
      'features/account/page.tsx': "import { name } from '../session/name';",
    });
    expect(found).toEqual([expect.stringContaining('session → factors → account → session: move what both need')]);
  });

  it('sees a circle of files, however long', () => {
    const found = broken({
      'lib/a.ts': "export { b } from './b';",
      'lib/b.ts': "import { c } from '@/lib/c';",
      'lib/c.ts': "import './a';",
    });
    expect(found).toEqual([expect.stringContaining('lib/a.ts → lib/b.ts → lib/c.ts → lib/a.ts: move what both need')]);
  });

  it('keeps what only tests need out of what is shipped, but not out of tests', () => {
    const found = broken({
      'lib/a.ts': "import { meWith } from '@/test/fixtures';",
      'lib/a.test.ts': "import { meWith } from '@/test/fixtures';",
      'test/fixtures.ts': feature,
      ...page,
    });
    expect(found).toEqual([expect.stringContaining('lib/a.ts imports test/fixtures.ts')]);
  });

  it('knows every folder', () => {
    expect(broken({ 'utils/a.ts': '' })).toEqual([expect.stringContaining('utils/a.ts stands on no floor')]);
  });
});
