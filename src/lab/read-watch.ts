/**
 * The `watch` of the file to the watch of the lab: which machines check in with which address of the one that watches,
 * and where alerts go. That a check-in arrives is an expectation like those that the file writes.
 */
import { ip, parseIp, printIp, type Family } from '../net/address.ts';
import { type Path, type SpecData } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { readEndpoints } from './endpoints.ts';
import { nicAddresses } from './known-addresses.ts';
import { type Lab, type LabExpectation, type LabNic } from './lab.ts';
import { type LabAlert, type LabWatch } from './lab-watch.ts';
import { mainAddress } from './main-address.ts';
import { readMail } from './read-mail.ts';
import { addressFrom } from './name-servers.ts';
import { segmentOf } from './segments.ts';
import { omitAbsent } from './omit-absent.ts';
import { helpForUnknown } from './unknown-name.ts';

type SpecWatch = NonNullable<SpecData['watch']>;
type SpecAlert = NonNullable<SpecWatch['alert']>;

const defaults = { every: 5, silence: 15, port: 8008 } as const;

/** One check-in may be lost. */
const fewestMissed = 2;

const machinesAt = (context: Context, written: string | readonly string[], path: Path): readonly string[] => {
  const ends = readEndpoints(context, written, path);
  if (ends.some(({ kind }) => kind !== 'machine')) tellNoMachine(context, [written].flat().join(', '), path);
  return ends.flatMap((end) => (end.kind === 'machine' ? [end.name] : []));
};

const tellNoMachine = (context: Context, text: string, path: Path): void =>
  context.findings.error(
    'not-a-machine',
    `\`${text}\` stands where a machine is needed`,
    context.spec.source.spanOf(path),
    { help: helpForUnknown(text, [...context.draft.machines.keys()], 'machines') },
  );

const speaks = (lab: Lab, nic: LabNic, family: Family): boolean =>
  (family === 4 && nic.dhcp) || nicAddresses(lab, nic, family).some((address) => !address.startsWith('fe80:'));

/** On a wire that both are on where there is one, else where the watching machine is known. */
const meetingPoint = (lab: Lab, machine: string, by: string): { family: Family; address: string } | undefined => {
  const wires = new Set((lab.machines[by]?.nics ?? []).map(({ network }) => segmentOf(lab, network)));
  const nics = lab.machines[machine]?.nics ?? [];
  const nearFirst = [
    ...nics.filter(({ network }) => wires.has(segmentOf(lab, network))),
    ...nics.filter(({ network }) => !wires.has(segmentOf(lab, network))),
  ];
  for (const nic of nearFirst)
    for (const family of families) {
      const address = speaks(lab, nic, family) ? addressFrom(lab, nic.network, by, family) : undefined;
      if (address !== undefined) return { family, address };
    }
  return undefined;
};

const readMachines = (context: Context, lab: Lab, { machines }: SpecWatch, by: string): LabWatch['machines'] => {
  const path: Path = ['watch', 'machines'];
  const guests = Object.values(lab.machines).flatMap(({ name, role }) => (role === 'guest' ? [name] : []));
  const names = machines === undefined ? guests : machinesAt(context, machines, path);
  const at = machines === undefined ? context.spec.source.keySpanOf(['watch']) : context.spec.source.spanOf(path);
  return names
    .filter((name) => name !== by)
    .flatMap((machine) => {
      const point = meetingPoint(lab, machine, by);
      if (point === undefined)
        context.findings.error('watch-without-address', `\`${machine}\` and \`${by}\` have no family in common`, at, {
          help: `give both an address of one family, or leave \`${machine}\` out of \`machines\``,
        });
      return point === undefined ? [] : [{ machine, ...point }];
    });
};

const url = /^http:\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?(\/.*)?$/;

const readAlert = (context: Context, lab: Lab, alert: SpecAlert, by: string): LabAlert | undefined => {
  if ('command' in alert) return { kind: 'command', argv: alert.command };
  if ('mail' in alert) return readMail(context, alert, (host) => meetingPoint(lab, by, host)?.address, by);
  const [, host = '', port = '80', path = '/'] = url.exec(alert.webhook) ?? [];
  const written = parseIp(host.replace(/^\[(.*)\]$/, '$1'));
  const address =
    written === undefined
      ? families.flatMap((family) => (host in lab.machines ? (mainAddress(lab, host, family) ?? []) : []))[0]
      : printIp(written);
  if (address !== undefined && Number(port) >= 1 && Number(port) <= 65535)
    return { kind: 'webhook', address, port: Number(port), path, host: port === '80' ? host : `${host}:${port}` };
  const at = context.spec.source.spanOf(['watch', 'alert', 'webhook']);
  if (address === undefined)
    context.findings.error('webhook-without-address', `\`${host}\` is no machine with an address, and no address`, at, {
      help: helpForUnknown(host, Object.keys(lab.machines), 'machines'),
    });
  else
    context.findings.error('webhook-port', `${port} is no TCP port`, at, { help: 'ports are numbers from 1 to 65535' });
  return undefined;
};

const checkPatience = (context: Context, every: number, silence: number): void => {
  if (silence >= fewestMissed * every) return;
  const { source, data } = context.spec;
  const at = source.spanOf(data.watch?.silence === undefined ? ['watch', 'every'] : ['watch', 'silence']);
  context.findings.error(
    'silence-too-short',
    `a machine that checks in every ${every} s is to raise an alert after ${silence} s: one check-in may be lost`,
    at,
    { help: `write \`silence: ${fewestMissed * every}\` or more` },
  );
};

/** `lab`: its machines and networks. */
export const planWatch = (context: Context, lab: Lab): LabWatch | undefined => {
  const { watch } = context.spec.data;
  if (watch === undefined) return undefined;
  const { every, silence, port } = { ...defaults, ...omitAbsent(watch) };
  checkPatience(context, every, silence);
  const [by, second] = machinesAt(context, watch.by, ['watch', 'by']);
  if (second !== undefined) tellNoMachine(context, watch.by, ['watch', 'by']);
  if (by === undefined) return undefined;
  return omitAbsent({
    by,
    port,
    everySeconds: every,
    silenceSeconds: silence,
    machines: readMachines(context, lab, watch, by),
    alert: watch.alert === undefined ? undefined : readAlert(context, lab, watch.alert, by),
    at: context.spec.source.keySpanOf(['watch']),
  });
};

const expectedOf = ({ at }: LabWatch, from: readonly string[], address: string, port: number): LabExpectation => {
  const { family } = ip(address);
  return {
    from: from.map((name) => ({ kind: 'machine', name })),
    to: [{ kind: 'address', family, address }],
    family,
    services: [{ protocol: 'tcp', port }],
    answer: 'yes',
    at,
  };
};

/** Every check-in is expected to arrive, and mail to be taken. */
export const expectedCheckIns = (watch: LabWatch | undefined): readonly LabExpectation[] => {
  if (watch === undefined) return [];
  const { alert, machines, port } = watch;
  const points = [...new Set(machines.map(({ address }) => address))];
  return [
    ...points.map((address) =>
      expectedOf(
        watch,
        machines.flatMap((it) => (it.address === address ? [it.machine] : [])),
        address,
        port,
      ),
    ),
    ...(alert?.kind === 'mail' ? [expectedOf(watch, [watch.by], alert.address, alert.port)] : []),
  ];
};
