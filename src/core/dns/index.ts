/**
 * The agent's DNS proxy, as far as it is a matter of bytes: a query's question, an answer out of a table of names, the
 * pod's resolvers. Pure; sockets belong to the app. Wire format of our own, since a query is passed on as it came and
 * little of it is read (docs/adr/0025).
 *
 *   bytes ─► readQuery ─► resolveName ─┬─► buildAnswer ─► bytes
 *                                      └─► forward, to the servers of resolv.conf
 */
export { type Answer, buildAnswer, type ResponseCode } from './answer.ts';
export { listenAddress } from './listen-address.ts';
export { buildNameTable, type HostEntry, type NameTable, type Resolution, resolveName } from './name-table.ts';
export { answersQuery, type Query, readQuery, SMALLEST_UDP, withId } from './query.ts';
