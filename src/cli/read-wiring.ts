/** `wiring.yaml`: what is plugged into what, as in `lan: [host:eth0, desktop:eth0]`. */
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { positionOf } from '../diagnostics/position.ts';
import { type WiredEnd, type Wiring } from '../dialects/plug.ts';
import { parseYaml } from '../source/parse-yaml.ts';

const fault = (code: string, message: string, at: Diagnostic['at'], help: string): Diagnostic => ({
  ...{ code, severity: 'error', message, help },
  ...(at === undefined ? {} : { at }),
});

const example = '`lan: [host:eth0, desktop:eth0]`';

export const readWiring = (file: string, text: string): Outcome<Wiring> => {
  const { value: source, diagnostics } = parseYaml(file, text);
  if (source === undefined) return { diagnostics };
  const found: Diagnostic[] = [...diagnostics];
  const wiring: Record<string, readonly WiredEnd[]> = {};
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {
      diagnostics: [
        ...found,
        fault('wrong-type', `\`${file}\` is not a map of segments`, undefined, `write ${example}`),
      ],
    };
  for (const [segment, members] of Object.entries(value)) {
    if (!Array.isArray(members)) {
      found.push(
        fault('wrong-type', `\`${segment}\` is not a list of NICs`, source.spanOf([segment]), `write ${example}`),
      );
      continue;
    }
    wiring[segment] = members.flatMap((member: unknown, index): WiredEnd[] => {
      const span = source.spanOf([segment, index]);
      const [, stack, name] = (typeof member === 'string' ? /^([^:\s]+):([^:\s]+)$/.exec(member) : null) ?? [];
      if (stack === undefined || name === undefined) {
        found.push(fault('not-a-nic', `\`${String(member)}\` is not \`machine:nic\``, span, `write ${example}`));
        return [];
      }
      const { line, column } = positionOf(text, span.start);
      return [{ stack, interface: name, at: { path: file, line, column } }];
    });
  }
  return { value: wiring, diagnostics: found };
};
