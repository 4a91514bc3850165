/** Lines that people type: where a prompt ends, and which commands change a network. */

/** `$ ip …`, `dom0:~# ip …`, `[user@host ~]$ ip …`. A bare `# ip …` is a comment. */
const prompt = /^\s*(?:\$|\[[\w.-]+@[^\]]*\][#$]|[\w.-]+(?:@[\w.-]+)?:[^\s#$]*[#$])\s+/;

/** The length of the prompt that a line begins with. */
export const promptOf = (line: string): number | undefined => prompt.exec(line)?.[0].length;

const programs: readonly RegExp[] = [
  /^ip\s+(?:-\S+\s+)*\S+\s+(?:a(?:dd?)?|append|replace|set|del\w*|change|flush|up|down)\b/,
  /^ifconfig\s+\S+\s+[^\s|]/,
  /^route\s+(?:-\S+\s+\S+\s+)?(?:add|del)\b/,
  /^brctl\s+(?:add|del|set|stp)/,
  /^vconfig\s+(?:add|rem)/,
  /^ip6?tables\s+(?:-t\s+\w+\s+)?-[AIDPNFX]\b/,
  /^ufw\s+(?:allow|deny|reject|limit|delete|default|enable|disable|reset|insert|prepend|route)\b/,
  /^sysctl\s+(?:-w\b|\S+=)/,
  /^bridge\s+\w+\s+(?:add|set|del)\b/,
  /^echo\s+\S+\s*(?:>+|\|\s*(?:sudo\s+)?tee\s+(?:-a\s+)?)\s*\/proc\/sys\//,
];

export const changesNetwork = (command: string): boolean => {
  const bare = command.replace(/^sudo\s+(?:-\S+\s+)*/, '').replace(/^\/\S*\//, '');
  return programs.some((form) => form.test(bare));
};
