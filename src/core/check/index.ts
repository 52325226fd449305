/**
 * Is a cluster's injection in order? Pure: what was read of the cluster goes in, findings with their remedies come out.
 *
 *   ClusterSnapshot ──► access, webhook, reach, selectors, pods, config, run ──► Finding[]
 */
export { checkCluster } from './check-cluster.ts';
export {
  type ClusterSnapshot,
  FAMILIES,
  FINDINGS,
  type Finding,
  type FindingId,
  type Served,
  type Try,
} from './model.ts';
