/** What a command's exit status says (see docs/cli.md): every command ends with one of these, `exec` with that of its program. */
export const exitCode = {
  asWished: 0,
  no: 1,
  wrongInput: 2,
  environmentCannot: 3,
} as const;
