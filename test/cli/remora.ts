/** Runs `bin/remora` as a user does, in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll } from 'vitest';

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export const BIN = resolve('bin/remora');

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files, removed after the tests of the file. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'remora-cli-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export type Running = {
  readonly in: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
};

export function remora(args: readonly string[], { in: cwd, stdin, env = {} }: Running): Ran {
  const run = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    input: stdin ?? '',
    // Not the home of whoever runs the tests, which may have a kubeconfig.
    env: { PATH: process.env.PATH, HOME: cwd, TZ: 'UTC', ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** A Deployment, with lines put into its pod template. */
export function deployment({ name = 'app', metadata = '', spec = '', containers = CONTAINERS } = {}): string {
  return `# ${name}, with a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata:
      labels: {app: ${name}}   # kept
${metadata === '' ? '' : `      ${metadata}\n`}    spec:
${spec === '' ? '' : `      ${spec}\n`}${containers}`;
}

const CONTAINERS = `      containers:
        - name: app
          image: "example/app:1"
`;

/** A configuration with one template. */
export function configWith(template: string, name = 'sidecar'): string {
  return `policy: enabled\ntemplates:\n  ${name}: |\n    ${template.replaceAll('\n', '\n    ')}\n`;
}
