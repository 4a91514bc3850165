/**
 * The system calls that Node lacks, by koffi: namespaces, raw and netlink sockets, mounts. All are synchronous and
 * act on the main thread, which is the thread that `fork`s child processes: what is spawned inside `inNamespace` is
 * born in that namespace. Errors are thrown as `SystemError` with the name of the call and its errno.
 */
import koffi from 'koffi';
import { constants } from 'node:os';

const libc = koffi.load('libc.so.6');

/** recvmsg(2), cmsg(3). */
koffi.struct('iovec', { base: 'void *', length: 'size_t' });
koffi.struct('msghdr', {
  name: 'void *',
  nameLength: 'uint32_t',
  vectors: 'iovec *',
  count: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});

const raw = {
  setns: libc.func('int setns(int fd, int type)'),
  unshare: libc.func('int unshare(int flags)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, const void *address, uint32_t length)'),
  connect: libc.func('int connect(int fd, const void *address, uint32_t length)'),
  listen: libc.func('int listen(int fd, int backlog)'),
  accept4: libc.func('int accept4(int fd, void *address, void *length, int flags)'),
  send: libc.func('int64_t send(int fd, const void *data, size_t length, int flags)'),
  sendmsg: libc.func('int64_t sendmsg(int fd, const msghdr *message, int flags)'),
  sendto: libc.func(
    'int64_t sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t alen)',
  ),
  recv: libc.func('int64_t recv(int fd, void *data, size_t length, int flags)'),
  recvfrom: libc.func('int64_t recvfrom(int fd, void *data, size_t length, int flags, void *address, void *alen)'),
  poll: libc.func('int poll(void *fds, uint64_t count, int timeout)'),
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  open: libc.func('int open(const char *path, int flags)'),
  read: libc.func('int64_t read(int fd, void *data, size_t length)'),
  close: libc.func('int close(int fd)'),
  mount: libc.func(
    'int mount(const char *source, const char *target, const char *type, uint64_t flags, const char *data)',
  ),
  umount2: libc.func('int umount2(const char *target, int flags)'),
  waitpid: libc.func('int waitpid(int pid, void *status, int options)'),
  ioctlBytes: libc.func('int ioctl(int fd, uint64_t request, void *argument)'),
  ioctlNumber: libc.func('int ioctl(int fd, uint64_t request, int64_t argument)'),
  fcntl: libc.func('int fcntl(int fd, int command, int argument)'),
  flock: libc.func('int flock(int fd, int operation)'),
};

/** Linux has one number for EOPNOTSUPP and ENOTSUP; its manual pages say the former. */
export const errnoName = (errno: number): string =>
  errno === constants.errno.EOPNOTSUPP
    ? 'EOPNOTSUPP'
    : (Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`);

/** A system call that failed; `errno` is its number. */
export class SystemError extends Error {
  readonly call: string;
  readonly errno: number;
  constructor(call: string, errno: number) {
    super(`${call}: ${errnoName(errno)}`);
    this.call = call;
    this.errno = errno;
  }
}

const checked = (call: string, result: number): number => {
  if (result < 0) throw new SystemError(call, koffi.errno());
  return result;
};

export const CLONE_NEWNET = 0x40000000;
export const MS_BIND = 4096;
export const MNT_DETACH = 2;
const [LOCK_EX, LOCK_NB] = [2, 4];
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
const O_CLOEXEC = 0o2000000;
export const MSG_DONTWAIT = 0x40;

export const setns = (fd: number): void => void checked('setns', raw.setns(fd, CLONE_NEWNET) as number);
export const unshareNetwork = (): void => void checked('unshare', raw.unshare(CLONE_NEWNET) as number);
export const openSocket = (domain: number, type: number, protocol: number): number =>
  checked('socket', raw.socket(domain, type | SOCK_CLOEXEC, protocol) as number);
export const bind = (fd: number, address: Uint8Array): void =>
  void checked('bind', raw.bind(fd, address, address.length) as number);
export const listen = (fd: number, backlog: number): void => void checked('listen', raw.listen(fd, backlog) as number);
export const close = (fd: number): void => void raw.close(fd);
export const send = (fd: number, data: Uint8Array): number =>
  checked('send', Number(raw.send(fd, data, data.length, 0)));
export const mount = (source: string, target: string, type: string, flags: number): void =>
  void checked(`mount ${target}`, raw.mount(source, target, type, flags, null) as number);
export const unmount = (target: string): void =>
  void checked(`umount ${target}`, raw.umount2(target, MNT_DETACH) as number);
export const setOption = (fd: number, level: number, name: number, value: Uint8Array): void =>
  void checked('setsockopt', raw.setsockopt(fd, level, name, value, value.length) as number);
export const setIntOption = (fd: number, level: number, name: number, value: number): void =>
  setOption(fd, level, name, new Uint8Array(Int32Array.of(value).buffer));
/** Makes an inherited descriptor pass to a child. */
export const keepOnExec = (fd: number): void => void checked('fcntl', raw.fcntl(fd, 2, 0) as number);

/** ioctl(2) with a structure, which it may write to, or with a number. */
export const ioctlBytes = (fd: number, request: number, argument: Uint8Array): void =>
  void checked('ioctl', raw.ioctlBytes(fd, request, argument) as number);
export const ioctlNumber = (fd: number, request: number, argument: number): void =>
  void checked('ioctl', raw.ioctlNumber(fd, request, argument) as number);
/** What a request without an argument answers. */
export const ioctlResult = (fd: number, request: number): number =>
  checked('ioctl', raw.ioctlNumber(fd, request, 0) as number);

export const getOption = (fd: number, level: number, name: number, length: number): Uint8Array => {
  const value = new Uint8Array(length);
  checked('getsockopt', raw.getsockopt(fd, level, name, value, Uint32Array.of(length)) as number);
  return value;
};

/** Bytes received into `into`, or undefined when there are none yet (or an ICMP error was pending: `onError`). */
export const receive = (fd: number, into: Uint8Array, flags: number): number =>
  checked('recv', Number(raw.recv(fd, into, into.length, flags)));

/** 0, or the errno of a call that may well fail. */
export const tryConnect = (fd: number, address: Uint8Array): number =>
  (raw.connect(fd, address, address.length) as number) < 0 ? koffi.errno() : 0;
export const trySendTo = (fd: number, data: Uint8Array, address: Uint8Array): number =>
  Number(raw.sendto(fd, data, data.length, 0, address, address.length)) < 0 ? koffi.errno() : 0;

const EAGAIN = constants.errno.EAGAIN;
/** There is no datagram (yet). */
export const NOTHING = -EAGAIN;

const senderLength = new Uint32Array(1);

/**
 * The length of a datagram put into `into`, its sender's sockaddr in `sender` (28 bytes); else a negative errno:
 * `NOTHING`, or that of a pending error. Allocates nothing: it is called for every packet.
 */
export const tryReceiveFrom = (fd: number, into: Uint8Array, sender: Uint8Array): number => {
  senderLength[0] = sender.length;
  const length = Number(raw.recvfrom(fd, into, into.length, MSG_DONTWAIT, sender, senderLength));
  return length < 0 ? -koffi.errno() : length;
};

/** An accepted connection with the peer's sockaddr, or undefined when nobody waits. */
export const tryAccept = (fd: number): { readonly fd: number; readonly from: Uint8Array } | undefined => {
  const from = new Uint8Array(28);
  const accepted = raw.accept4(fd, from, Uint32Array.of(from.length), SOCK_NONBLOCK | SOCK_CLOEXEC) as number;
  return accepted < 0 ? undefined : { fd: accepted, from };
};

/** Waits up to `timeoutMs` for any of the events (`pollfd` records as poll(2) has them); how many are ready. */
export const poll = (records: Uint8Array, timeoutMs: number): number =>
  raw.poll(records, BigInt(records.length / 8), timeoutMs) as number;

/** Locks an open file for this process alone (flock(2)), until it is closed or the process ends; whether nobody else has it. */
export const tryLock = (fd: number): boolean => (raw.flock(fd, LOCK_EX | LOCK_NB) as number) === 0;

/** Reaps one ended child; whether there was one. */
export const reap = (pid: number): boolean => (raw.waitpid(pid, new Int32Array(1), 1) as number) > 0;

/** How many bytes of a stream were taken, or a negative errno: `NOTHING` when there is no room. */
export const trySendSome = (fd: number, data: Uint8Array): number => {
  const sent = Number(raw.send(fd, data, data.length, 0x4000 | MSG_DONTWAIT));
  return sent < 0 ? -koffi.errno() : sent;
};

const SCM_RIGHTS = 1;
const SOL_SOCKET = 1;

/** Sends all of `data` over a unix socket, and a descriptor along with it (unix(7)). */
export const sendWithDescriptor = (fd: number, data: Uint8Array, descriptor: number): void => {
  // `struct cmsghdr`: a length of 16 + 4 bytes, level, type; then the descriptor, padded.
  const control = Buffer.alloc(24);
  control.writeUInt32LE(20, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(descriptor, 16);
  const message = {
    ...{ name: null, nameLength: 0, vectors: [{ base: data, length: data.length }], count: 1 },
    ...{ control, controlLength: control.length, flags: 0 },
  };
  const sent = checked('sendmsg', Number(raw.sendmsg(fd, message, 0x4000)));
  if (sent !== data.length) throw new SystemError('sendmsg', EAGAIN);
};

/** 0, or the errno; a broken connection raises no signal (MSG_NOSIGNAL). */
export const trySend = (fd: number, data: Uint8Array): number =>
  Number(raw.send(fd, data, data.length, 0x4000)) < 0 ? koffi.errno() : 0;

const setting = Buffer.alloc(4096);

/**
 * The text of a file of one page at most, as those below /proc/sys are; undefined where there is none. Node's own way
 * takes three times as long, and most of all to say that there is none.
 */
export const readSetting = (path: string): string | undefined => {
  const fd = raw.open(path, O_CLOEXEC) as number;
  if (fd < 0) {
    const errno = koffi.errno();
    if (errno === constants.errno.ENOENT) return undefined;
    throw new SystemError(`open ${path}`, errno);
  }
  const length = Number(raw.read(fd, setting, setting.length));
  const errno = length < 0 ? koffi.errno() : 0;
  raw.close(fd);
  if (errno !== 0) throw new SystemError(`read ${path}`, errno);
  return setting.toString('utf8', 0, length);
};
