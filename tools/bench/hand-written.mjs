/**
 * The floor that `up` is measured against: what a careful administrator would write by hand for the same lab. One
 * `ip -batch` makes all namespaces, veth pairs and bridge ports; then one process per namespace (nsenter, which turns
 * into a shell for the sysctls, which turns into `ip -batch` for addresses and routes), as many at once as there are
 * processors. All text is written beforehand, outside the time taken, so that only the kernel's work is compared.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sysctlLines = (sysctls) =>
  Object.entries(sysctls)
    .map(([key, value]) => `echo ${value} > /proc/sys/${key}`)
    .join('\n');

const addressLine = (dev) => (address) =>
  `addr add ${address.address}/${address.prefixLength} dev ${dev}${address.family === 6 ? ' nodad' : ' brd +'}`;

const routeLine = (route) =>
  `route add ${route.type} ${route.to}` +
  (route.via === undefined ? '' : ` via ${route.via}`) +
  (route.dev === undefined ? '' : ` dev ${route.dev}`) +
  ` metric ${route.metric}`;

/** The commands inside one namespace, on standard input of `ip -batch`. */
const insideLines = (stack) =>
  Object.entries(stack.interfaces)
    .filter(([, iface]) => iface.kind !== 'bridge' || iface.addresses.length > 0)
    .flatMap(([name, iface]) => [...iface.addresses.map(addressLine(name)), `link set ${name} up`])
    .concat(stack.routes.map(routeLine));

const vethLine = ({ a, b }, stacks) => {
  const mac = (end) => {
    const value = stacks[end.stack].interfaces[end.interface].mac;
    return value === undefined ? '' : ` address ${value}`;
  };
  return (
    `link add name ${a.interface} netns ${a.stack}${mac(a)} type veth ` +
    `peer name ${b.interface} netns ${b.stack}${mac(b)}`
  );
};

const portLines = (stack) => {
  const interfaces = Object.entries(stack.interfaces);
  const bridges = interfaces
    .filter(([, iface]) => iface.kind === 'bridge')
    .map(
      ([name, iface]) =>
        `link add ${name}${iface.mac === undefined ? '' : ` address ${iface.mac}`} type bridge forward_delay 0`,
    );
  const ports = interfaces
    .filter(([, iface]) => iface.master !== undefined)
    .map(([name, iface]) => `link set ${name} master ${iface.master} up`);
  return [...bridges, ...ports];
};

const neighbourLines = (own, stacks) =>
  Object.entries(stacks).flatMap(([name, stack]) =>
    name === own
      ? []
      : Object.values(stack.interfaces)
          .filter((iface) => iface.mac !== undefined)
          .flatMap((iface) =>
            iface.addresses.map(({ address }) => `neigh replace ${address} lladdr ${iface.mac} dev eth0 nud permanent`),
          ),
  );

/** Writes the script; returns its path. `after` is shell text that runs when everything stands. */
export const writeHandWritten = (directory, state, { permanentNeighbours = false, after = '' } = {}) => {
  const names = Object.keys(state.stacks);
  const inside = join(directory, 'inside');
  mkdirSync(inside, { recursive: true });
  const root = [
    ...names.map((name) => `netns add ${name}`),
    ...state.cables.map((cable) => vethLine(cable, state.stacks)),
  ];
  writeFileSync(join(directory, 'root.batch'), `${root.join('\n')}\n`);
  for (const name of names) {
    const stack = state.stacks[name];
    const isMachine = !Object.values(stack.interfaces).some((iface) => iface.kind === 'bridge');
    const neighbours = permanentNeighbours && isMachine ? neighbourLines(name, state.stacks) : [];
    // A bridge has to be there before its sysctls are; elsewhere the veth is, and its addresses come after.
    const bridges = portLines(stack);
    const made = bridges.length === 0 ? '' : `ip -batch - <<'EOF'\n${bridges.join('\n')}\nEOF\n`;
    const lines = [...insideLines(stack), ...neighbours].join('\n');
    writeFileSync(
      join(inside, name),
      `${made}${sysctlLines(stack.sysctls)}\nexec ip -force -batch - <<'EOF'\n${lines}\nEOF\n`,
    );
  }
  writeFileSync(join(directory, 'names'), `${names.join('\n')}\n`);
  const script = join(directory, 'build.sh');
  writeFileSync(
    script,
    `set -eu
cd ${directory}
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip -batch root.batch
xargs -a names -P "$(nproc)" -I{} nsenter --net=/run/netns/{} bash inside/{}
${after}
echo ready
read -r _ || true
`,
  );
  chmodSync(script, 0o755);
  return script;
};
