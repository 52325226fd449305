// `npm run build`: one bundle, dist/remora.cjs, in which a command's modules run when it is called. CommonJS, since Node
// loads an ES module 10 ms later; minified but for names, which a stack trace needs. Then each command runs once, so that
// bin/remora has V8's compiled code at hand from the first real run on.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// Packages that few templates need and that compute tables when they are loaded: loaded by the first call instead.
const LAZY = { '@noble/ciphers/aes.js': ['cbc'] };
const lazyPackages = {
  name: 'lazy-packages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@noble\/ciphers\// }, ({ path, kind }) =>
      path in LAZY && kind === 'import-statement' ? { path, namespace: 'lazy' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({
      contents: LAZY[path]
        .map((name) => `export const ${name} = (...args) => require(${JSON.stringify(path)}).${name}(...args);`)
        .join('\n'),
      resolveDir: root,
    }));
  },
};

// Packages that only commands need which talk to a cluster or serve: a bundle each, read when the first module asks for it.
// In the program's own bundle they would triple what every start reads.
const HEAVY = {
  '@kubernetes/client-node': "export { KubeConfig } from '@kubernetes/client-node';",
  '@peculiar/x509': "import 'reflect-metadata'; export * from '@peculiar/x509';",
  pino: "export { pino } from 'pino';",
  'prom-client': "export * from 'prom-client';",
};
const heavyPackages = {
  name: 'heavy-packages',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ path }) =>
      path in HEAVY ? { path: `../dist/${heavyFile(path)}`, external: true } : undefined,
    );
  },
};

function heavyFile(name) {
  return `${name.replace('@', '').replace('/', '-')}.cjs`;
}

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/apps/cli/index.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [heavyPackages, lazyPackages],
  // Has a native file, which it finds beside itself.
  external: ['koffi'],
  define: { REMORA_VERSION: JSON.stringify(version) },
  // As Node wraps a module; bin/remora calls it.
  banner: { js: '(function (exports, require, module) {' },
  footer: { js: '})' },
  logLevel: 'warning',
});
const text = outputFiles[0].text;
const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);

mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) if (name.endsWith('.cache')) rmSync(join(dist, name));
const aside = join(dist, `remora.cjs.${process.pid}`);
writeFileSync(aside, `// ${hash}\n${text}`);
renameSync(aside, join(dist, 'remora.cjs'));

for (const [name, contents] of Object.entries(HEAVY)) {
  await build({
    stdin: { contents, resolveDir: root },
    outfile: join(dist, heavyFile(name)),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'error',
  });
}

const sample = join(root, 'examples', 'demo-red.yaml');
const warm = [
  { command: ['kube-inject', '--offline', '-f', sample], codes: [0] },
  { command: ['diff', '--offline', '-f', sample], codes: [1] },
  // 1 where the machine that builds has no address but loopback.
  { command: ['istio-iptables', '--dry-run', '-i', '*', '-b', '*'], codes: [0, 1] },
  { command: ['capture', 'render'], codes: [0] },
];
for (const { command, codes } of warm) {
  const run = spawnSync(process.execPath, [join(root, 'bin', 'remora'), ...command], { encoding: 'utf8' });
  if (codes.includes(run.status)) continue;
  console.error(`build: remora ${command[0]} exited with ${run.status}\n${run.stderr}`);
  process.exit(1);
}
console.log(`dist/remora.cjs ${Math.round(statSync(join(dist, 'remora.cjs')).size / 1000)} kB`);
