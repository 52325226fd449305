/** Which engines this machine has; under REMORA_STRICT=1 both must be there. */
import { afterAll, expect, it } from 'vitest';
import { missingForNetns } from '../netns/namespaces.ts';
import { type Engine, envoyForAll, removeShared } from './harness.ts';

const envoy = envoyForAll();
const missing = missingForNetns();
export const ENGINES: readonly Engine[] =
  missing !== undefined ? [] : 'path' in envoy ? ['embedded', 'envoy'] : ['embedded'];

/** Says what cannot run here. Called once in each file, so that none is empty. */
export function tellMissing(): void {
  afterAll(removeShared);
  const why = [...(missing === undefined ? [] : [missing]), ...('missing' in envoy ? [envoy.missing] : [])];
  if (why.length === 0) return void it('has both engines', () => expect(ENGINES).toEqual(['embedded', 'envoy']));
  if (process.env.REMORA_STRICT === '1') it('can run here', () => expect.fail(`not run: ${why.join('; ')}`));
  else it.skip(`not run: ${why.join('; ')}`, () => {});
}
