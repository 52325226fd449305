import { describe, expect, it } from 'vitest';
import { structOf } from './type-table.ts';
import { workloadKind } from './workload-kinds.ts';

const KINDS = [
  'Pod',
  'Deployment',
  'DaemonSet',
  'ReplicaSet',
  'StatefulSet',
  'Job',
  'CronJob',
  'ReplicationController',
  'DeploymentConfig',
];

describe('workload kinds', () => {
  it.each(KINDS)('%s has a type in the table, in both generations', (kind) => {
    for (const generation of ['old', 'current'] as const) {
      const workload = workloadKind(kind, generation);
      expect(workload?.kind).toBe(kind);
      expect(structOf(workload?.type ?? '')).toBeDefined();
    }
  });

  it("finds a CronJob's metadata in the job template, and its pod below", () => {
    expect(workloadKind('CronJob', 'current')).toMatchObject({
      metadataPath: ['spec', 'jobTemplate', 'metadata'],
      specPath: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
    });
    expect(workloadKind('Pod', 'current')).toMatchObject({ metadataPath: ['metadata'], specPath: ['spec'] });
    expect(workloadKind('Job', 'current')).toMatchObject({ specPath: ['spec', 'template', 'spec'] });
  });

  it('requires a template only where Go has a pointer', () => {
    const required = KINDS.filter((kind) => workloadKind(kind, 'current')?.requiredTemplate);
    expect(required).toEqual(['ReplicationController', 'DeploymentConfig']);
  });

  it('passes everything else through', () => {
    for (const kind of ['', 'Service', 'DeploymentList', 'List', 'pod', 'toString', '__proto__']) {
      expect(workloadKind(kind, 'current')).toBeUndefined();
      expect(workloadKind(kind, 'old')).toBeUndefined();
    }
  });
});
