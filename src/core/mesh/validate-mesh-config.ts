import type { Problem } from '../problem.ts';
import type { Release } from '../release.ts';
import type { MeshConfig } from './proxy-config.ts';
export function validateMeshConfig(_mesh: MeshConfig, _release: Release): readonly Problem[] {
  return [];
}
