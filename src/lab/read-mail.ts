/** The `mail` of an alert: who gets it, from whom, and which machine takes it to pass it on. */
import { parseIp, printIp } from '../net/address.ts';
import { type SpecData } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { type LabAlert } from './lab-watch.ts';
import { helpForUnknown } from './unknown-name.ts';

type SpecMail = Extract<NonNullable<NonNullable<SpecData['watch']>['alert']>, { readonly mail: unknown }>;

const smtp = 25;

/** The first machine with the service `mail`. */
const mailServer = ({ draft }: Context): string | undefined =>
  [...draft.machines.values()].find(({ spec }) =>
    (spec.services ?? []).some((service) => service === 'mail' || (typeof service === 'object' && 'mail' in service)),
  )?.name;

const hostAddress = (
  context: Context,
  via: string | undefined,
  addressOf: (machine: string) => string | undefined,
): string | undefined => {
  const { source, data } = context.spec;
  const { machines } = context.draft;
  const host = via ?? data.dns?.mail ?? mailServer(context);
  if (host === undefined) {
    context.findings.error(
      'mail-without-host',
      'alerts go by mail, and nothing says which machine takes it',
      source.keySpanOf(['watch', 'alert', 'mail']),
      { help: 'name it: `via: MACHINE`' },
    );
    return undefined;
  }
  const written = parseIp(host);
  const address = written === undefined ? addressOf(host) : printIp(written);
  if (address === undefined)
    context.findings.error(
      'mail-host-without-address',
      `\`${host}\` is no machine with an address that the watching one can use, and no address`,
      source.spanOf(via === undefined ? ['watch', 'alert', 'mail'] : ['watch', 'alert', 'via']),
      {
        help: machines.has(host)
          ? `give \`${host}\` and \`${data.watch?.by ?? 'the watching machine'}\` an address of one family`
          : helpForUnknown(host, [...machines.keys()], 'machines'),
      },
    );
  return address;
};

/** `by`: the watching machine. `addressOf`: the address that it uses for another. */
export const readMail = (
  context: Context,
  { mail, via, from }: SpecMail,
  addressOf: (machine: string) => string | undefined,
  by: string,
): LabAlert | undefined => {
  const address = hostAddress(context, via, addressOf);
  if (address === undefined) return undefined;
  const { dns, lab } = context.spec.data;
  const name = `${by}.${dns?.zone ?? `${lab}.internal`}`;
  return { kind: 'mail', address, port: smtp, name, from: from ?? `lanwright@${name}`, to: [mail].flat() };
};
