/**
 * The settings of the IPv6 router, as the text of its settings file: lines `name = value`, `#` begins a comment. Says what
 * the appliance itself would complain of on its console (`guest/v6-router/read-settings`), with the place.
 */
import { type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { parseIp } from '../net/address.ts';
import { parseInterfaceAddress, parsePrefix } from '../net/prefix.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  readonly at: Span;
}

const isIpv4 = (text: string): boolean => parseIp(text)?.family === 4;
const isOfFamily = (found: { readonly family: number } | undefined, family: number): boolean =>
  found?.family === family;

/** What a setting may be, and whether a value is that. */
const settings: Readonly<Record<string, readonly [what: string, isValid: (value: string) => boolean]>> = {
  mode: ['`6to4`, `6rd` or `6in4`', (value) => /^6(to4|rd|in4)$/.test(value)],
  relay: ['an IPv4 address', isIpv4],
  outside: ['an IPv4 address', isIpv4],
  router: ['an IPv4 address', isIpv4],
  resolver: ['an IPv4 address', isIpv4],
  address: [
    'an IPv4 address and its length, as in `192.0.2.9/24`',
    (value) => value.includes('/') && isOfFamily(parseInterfaceAddress(value)?.address, 4),
  ],
  'address-service': ['an address that begins with `http://`', (value) => /^http:\/\/[\w./:?=%,~-]+$/.test(value)],
  check: ['a number of seconds', (value) => /^[1-9]\d{0,5}$/.test(value)],
  prefix: [
    'an IPv6 prefix of at most 64 bits',
    (value) => isOfFamily(parsePrefix(value), 6) && (parsePrefix(value)?.length ?? 128) <= 64,
  ],
  'ipv4-prefix-length': ['a number of bits, 0 to 31', (value) => /^([0-9]|[12][0-9]|3[01])$/.test(value)],
  'tunnel-address': [
    'an IPv6 address and its length',
    (value) => value.includes('/') && isOfFamily(parseInterfaceAddress(value)?.address, 6),
  ],
  password: ['a hash as of crypt(5)', (value) => /^\$[\w./$=,-]+$/.test(value)],
};

/** Lines that say something; one without `=` has an empty value. */
const linesOf = (text: string, file: string): readonly Line[] => {
  const lines: Line[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    const [said = ''] = line.split('#');
    const [name = '', ...rest] = said.split('=');
    const at = { file, start, end: start + said.trimEnd().length };
    if (said.trim() !== '') lines.push({ name: name.trim(), value: rest.join('=').trim(), at });
    start += line.length + 1;
  }
  return lines;
};

const fault = (code: string, message: string, at?: Span, help?: string): Diagnostic => ({
  code,
  severity: 'error',
  message,
  ...(at === undefined ? {} : { at }),
  ...(help === undefined ? {} : { help }),
});

const checkLine = ({ name, value, at }: Line): readonly Diagnostic[] => {
  const known = settings[name];
  if (known === undefined)
    return [
      fault(
        'unknown-setting',
        `\`${name}\` is no setting of the router`,
        at,
        `one of ${Object.keys(settings).join(', ')}`,
      ),
    ];
  const [what, isValid] = known;
  return isValid(value) ? [] : [fault('bad-setting', `\`${name}\` is \`${value}\`, and has to be ${what}`, at)];
};

/** The bits of a site that 6rd makes of prefix and IPv4 address (RFC 5969, section 4): one subnet has to be left. */
const isTooLong = (values: ReadonlyMap<string, string>): boolean => {
  const length = parsePrefix(values.get('prefix') ?? '')?.length ?? 0;
  return length + 32 - Number(values.get('ipv4-prefix-length') ?? '0') > 64;
};

const checkTogether = (lines: readonly Line[], file: string): readonly Diagnostic[] => {
  const values = new Map(lines.map(({ name, value }) => [name, value]));
  const mode = values.get('mode') ?? '6to4';
  const at = { file, start: 0, end: 0 };
  const missing = (name: string, why: string): Diagnostic =>
    fault('missing-setting', `\`${name}\` is missing: ${why}`, at);
  return [
    ...(values.has('relay') ? [] : [missing('relay', 'nobody may be asked for IPv6 who is not named (RFC 7526)')]),
    ...(mode === '6to4' || values.has('prefix') ? [] : [missing('prefix', `${mode} takes it from the provider`)]),
    ...(mode === '6in4' || values.has('outside') || values.has('address-service')
      ? []
      : [missing('address-service', 'the prefix is made of the outside address, which somebody has to tell')]),
    ...(mode === '6rd' && values.has('prefix') && isTooLong(values)
      ? [fault('bad-setting', '`prefix` and the IPv4 address leave no network of 64 bits', at)]
      : []),
  ];
};

/** Everything that is wrong with the text of a settings file, which `file` names. */
export const checkSettings = (text: string, file: string): readonly Diagnostic[] => {
  const lines = linesOf(text, file);
  const found = lines.flatMap(checkLine);
  return found.length > 0 ? found : checkTogether(lines, file);
};
