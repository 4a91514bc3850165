/** Lines that people type: where a prompt ends, and which commands change a network. */

/**
 * `$ ip …`, `dom0:~# ip …`, `[user@host ~]$ ip …`, `root@fw:~ # ip …`, and with a program behind it that sets networks up
 * or shows them `fw# ifconfig …`, `% ifconfig …`. A bare `# ip …` is a comment.
 */
const prompt =
  /^\s*(?:\$|\[[\w.-]+@[^\]]*\][#$]|[\w.-]+(?:@[\w.-]+)?:[^\s#$]*[#$]|(?:\[\d+\])?[\w.-]+@[\w.-]+:\S* ?[#$%]|(?:[\w.-]+[#%]|%)(?=\s+(?:(?:sudo|doas)\s+)?(?:\/\S*\/)?(?:ifconfig|route|netstat|sysctl|dhclient|pfctl|ipfw|cat|sh|ping6?|ip)\s))\s+/;

/** The length of the prompt that a line begins with. */
export const promptOf = (line: string): number | undefined => prompt.exec(line)?.[0].length;

const programs: readonly RegExp[] = [
  /^ip\s+(?:-\S+\s+)*\S+\s+(?:a(?:dd?)?|append|replace|set|del\w*|change|flush|up|down)\b/,
  /^ifconfig\s+\S+\s+[^\s|]/,
  /^route\s+(?:-A\s+\S+\s+|-\S+\s+)*(?:add|del(?:ete)?|change)\b/,
  /^(?:dhclient|rtsol)\s+\S/,
  /^(?:sh|ksh|\.)\s+\/etc\/netstart\b/,
  /^(?:pfctl\s+(?:-\S+\s+)*-\w*[ef]|ipfw\s+(?:-\S+\s+)*(?:add|delete|flush))\b/,
  /^brctl\s+(?:add|del|set|stp)/,
  /^vconfig\s+(?:add|rem)/,
  /^ip6?tables\s+(?:-t\s+\w+\s+)?-[AIDPNFX]\b/,
  /^ufw\s+(?:--force\s+|-f\s+)?(?:rule\s+)?(?:allow|deny|reject|limit|delete|default|enable|disable|reset|insert|prepend|route)\b/,
  /^sysctl\s+(?:-w\b|\S+=)/,
  /^bridge\s+\w+\s+(?:add|set|del)\b/,
  /^echo\s.*(?:>+|\|\s*(?:(?:sudo|doas)\s+)?tee\s+(?:-a\s+)?)\s*\/etc\/(?:hostname\.|mygate\b|rc\.conf|sysctl\.conf)/,
  /^echo\s+\S+\s*(?:>+|\|\s*(?:sudo\s+)?tee\s+(?:-a\s+)?)\s*\/proc\/sys\//,
];

export const changesNetwork = (command: string): boolean => {
  const bare = command.replace(/^(?:sudo|doas)\s+(?:-\S+\s+)*/, '').replace(/^\/\S*\//, '');
  return programs.some((form) => form.test(bare));
};
