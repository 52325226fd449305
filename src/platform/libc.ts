/**
 * System calls that Node has no function for, through koffi (which is loaded with this file, so import it only where a
 * proxy runs). Linux only. A call that fails throws with the system's code and name, as Node's own do.
 */
import { constants } from 'node:os';
import koffi from 'koffi';
import { ipBytes, parseIp } from '../core/ip.ts';

const lib = koffi.load(null);
const call = {
  mkfifo: lib.func('int mkfifo(const char *path, uint32_t mode)'),
  getsockopt: lib.func('int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)'),
  setsockopt: lib.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  socket: lib.func('int socket(int domain, int type, int protocol)'),
  bind: lib.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
  listen: lib.func('int listen(int fd, int backlog)'),
  close: lib.func('int close(int fd)'),
};

/** Makes a FIFO that only its owner reads and writes. */
export function makeFifo(path: string): void {
  check(call.mkfifo(path, 0o600), 'mkfifo');
}

export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_IPV6 = 41;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

export type Family = 4 | 6;

/** A TCP socket that does not block. The caller closes it, or gives it to Node, which then does. */
export function tcpSocket(family: Family): number {
  const domain = family === 4 ? AF_INET : AF_INET6;
  return check(call.socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
}

export function setSocketOption(fd: number, level: number, name: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  check(call.setsockopt(fd, level, name, bytes, 4), 'setsockopt');
}

/** Bytes of a socket option; undefined where the socket has none, such as no original destination. */
export function socketOption(fd: number, level: number, name: number, size: number): Buffer | undefined {
  const bytes = Buffer.alloc(size);
  const length = [size];
  if (call.getsockopt(fd, level, name, bytes, length) !== 0) return undefined;
  return bytes.subarray(0, length[0]);
}

export function bindSocket(fd: number, family: Family, address: string, port: number): void {
  const bytes = socketAddress(family, address, port);
  check(call.bind(fd, bytes, bytes.length), 'bind');
}

export function listenSocket(fd: number, backlog: number): void {
  check(call.listen(fd, backlog), 'listen');
}

export function closeSocket(fd: number): void {
  call.close(fd);
}

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(family: Family, address: string, port: number): Buffer {
  const ip = parseIp(address);
  if (ip?.family !== family) throw new Error(`${address} is no IPv${family} address`);
  const bytes = Buffer.alloc(family === 4 ? 16 : 28);
  bytes.writeUInt16LE(family === 4 ? AF_INET : AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ipBytes(ip), family === 4 ? 4 : 8);
  return bytes;
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number as number, name]));

function check(result: number, syscall: string): number {
  if (result >= 0) return result;
  const errno = koffi.errno();
  const code = NAMES.get(errno) ?? `errno ${errno}`;
  throw Object.assign(new Error(`${syscall}: ${code}`), { code, errno: -errno, syscall });
}
