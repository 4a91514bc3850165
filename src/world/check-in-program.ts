/**
 * What tells a watcher that a machine is there: an HTTP request every few seconds. Perl without modules but `strict`, as
 * the agent in guests is: both a guest and a Debian host have that much.
 */

/** Arguments: the name of the machine, the watcher's address in hexadecimal, its port, seconds between check-ins. */
export const checkInProgram = String.raw`#!/usr/bin/perl -w
use strict;
$| = 1;
my ($name, $hex, $port, $every) = @ARGV;
my $address = pack 'H*', $hex;
my $is_ipv4 = length $address == 4;
my $watcher = $is_ipv4 ? pack('S n a4 x8', 2, $port, $address) : pack('S n N a16 L', 10, $port, 0, $address, 0);
my $patience = $every > 3 ? $every : 3;

sub check_in {
  socket my $socket, $is_ipv4 ? 2 : 10, 1, 0 or die "socket: $!\n";
  connect $socket, $watcher or die "$!\n";
  syswrite $socket, "POST /check-in/$name HTTP/1.0\r\nContent-Length: 0\r\n\r\n" or die "$!\n";
  my $reply = '';
  while (length $reply < 4096 && sysread $socket, $reply, 512, length $reply) { }
  die 'it says ', $reply =~ /^([ -~]+)/ ? $1 : 'nothing', "\n" unless $reply =~ m{^HTTP/1\.[01] 2};
}

$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "no answer within $patience s\n" };
my $trouble = 'none yet';
while (1) {
  alarm $patience;
  my $now = eval { check_in(); 1 } ? '' : $@;
  alarm 0;
  chomp $now;
  print $now eq '' ? "the watcher hears this machine\n" : "not heard: $now\n" if $now ne $trouble;
  $trouble = $now;
  sleep $every;
}
`;
