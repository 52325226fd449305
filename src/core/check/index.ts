/**
 * Is a cluster's injection in order? Pure: what was read of the cluster goes in, findings with their remedies come out.
 *
 *   ClusterSnapshot ──► checkCluster ──► Finding[]
 */
export {};
