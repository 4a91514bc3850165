/**
 * What hears machines check in and raises alerts. Perl without modules but `strict`. An alert is open from the silence
 * of a machine to its next check-in; open ones are kept in a file, so that none is raised again by a program that was
 * started again. Whoever is to be told is told by a process of its own, one thing after the other.
 */
import { mailSender } from './mail-sender.ts';

/** Arguments: the settings, and the file of open alerts. */
export const watcherProgram = String.raw`#!/usr/bin/perl -w
use strict;
$| = 1;
my ($settings, $kept) = @ARGV;
my ($longest_request, $most_clients, $request_patience) = (8192, 500, 5);
my ($tries, $webhook_patience, $command_patience) = (5, 5, 60);
# Who waits longer for its turn did not run meanwhile.
my $turn = 5;
my $clock_gettime = -e '/lib/ld-linux-aarch64.so.1' ? 113 : 228;
my $nonblocking = 2048;

my (%set, %heard, %since, %clients, @listeners, @notices);
my $messenger = 0;

sub uptime {
  my $time = pack 'q2', 0, 0;
  syscall $clock_gettime, 1, $time;
  my ($whole, $nano) = unpack 'q2', $time;
  return $whole + $nano / 1e9;
}

sub iso { my ($s, $m, $h, $day, $month, $year) = gmtime $_[0]; sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $year + 1900, $month + 1, $day, $h, $m, $s }

# --- what is set, and what is kept -----------------------------------------------------------------------------------

sub read_settings {
  open my $in, '<', $settings or die "$settings: $!\n";
  while (<$in>) {
    my ($key, @values) = split;
    if ($key eq 'machine') { $heard{$values[0]} = uptime() } else { $set{$key} = [@values] }
  }
  open my $open, '<', $kept or return;
  while (<$open>) { $since{$1} = $2 if /^(\S+) (\d+)$/ && exists $heard{$1} }
}

sub keep {
  open my $out, '>', "$kept.new" or die "$kept.new: $!\n";
  print $out "$_ $since{$_}\n" for sort keys %since;
  close $out or die "$kept.new: $!\n";
  rename "$kept.new", $kept or die "$kept: $!\n";
}

# --- telling ---------------------------------------------------------------------------------------------------------

sub document {
  my ($event, $machine, $since, $at) = @_;
  return sprintf '{"event":"%s","machine":"%s","by":"%s","silent_since":"%s","at":"%s"}' . "\n",
    $event, $machine, $set{by}[0], iso($since), iso($at);
}

sub run_command {
  my ($event, $machine, $since, $at) = @_;
  my @argv = map { pack 'H*', $_ } @{$set{command}};
  @ENV{qw(LANWRIGHT_EVENT LANWRIGHT_MACHINE LANWRIGHT_SILENT_SINCE)} = ($event, $machine, iso($since));
  my $pid = open my $to, '|-', @argv or die "$argv[0]: $!\n";
  local $SIG{ALRM} = sub { kill 9, $pid; die "$argv[0]: it took longer than $command_patience s\n" };
  local $SIG{PIPE} = 'IGNORE';
  alarm $command_patience;
  print $to document(@_);
  close $to;
  alarm 0;
  die "$argv[0]: it ended with " . ($? & 127 ? 'signal ' . ($? & 127) : 'exit status ' . ($? >> 8)) . "\n" if $?;
}

sub connect_to {
  my ($hex, $port) = @_;
  my $address = pack 'H*', $hex;
  socket my $socket, length $address == 4 ? 2 : 10, 1, 0 or die "socket: $!\n";
  connect $socket, length $address == 4 ? pack('S n a4 x8', 2, $port, $address) : pack('S n N a16 L', 10, $port, 0, $address, 0)
    or die "$!\n";
  return $socket;
}

sub post {
  my ($hex, $port, $path, $host) = @{$set{webhook}};
  my $body = document(@_);
  my $request = sprintf "POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
    pack('H*', $path), pack('H*', $host), length $body, $body;
  local $SIG{ALRM} = sub { die "no answer within $webhook_patience s\n" };
  local $SIG{PIPE} = 'IGNORE';
  alarm $webhook_patience;
  my $socket = connect_to($hex, $port);
  syswrite $socket, $request or die "$!\n";
  my $reply = '';
  while (length $reply < 4096 && sysread $socket, $reply, 512, length $reply) { }
  alarm 0;
  die 'it says ', $reply =~ /^([ -~]+)/ ? $1 : 'nothing', "\n" unless $reply =~ m{^HTTP/1\.[01] 2};
}

${mailSender}
# A command may have done its work although it failed, and is run once; others are asked again, unless they say for good.
sub inform {
  my @notice = @_;
  return eval { run_command(@notice); 1 } || print "alert: $@" if $set{command};
  my ($what, $send) = $set{mail} ? ('mail', \&send_mail) : ('webhook', \&post);
  for my $try (1 .. $tries) {
    return if eval { $send->(@notice); 1 };
    alarm 0;
    print "$what, try $try of $tries: $@";
    return if $@ =~ /^refused for good/;
    sleep 2 ** $try if $try < $tries;
  }
}

sub inform_next {
  $messenger = 0 if $messenger && waitpid($messenger, 1) == $messenger;
  return if $messenger || !@notices;
  my $notice = shift @notices;
  $messenger = fork;
  if (!defined $messenger) { print "fork: $!\n"; unshift @notices, $notice; $messenger = 0; return }
  return if $messenger;
  close $_ for @listeners, map { $_->{socket} } values %clients;
  inform(@$notice);
  exit 0;
}

sub told { $set{command} || $set{webhook} || $set{mail} }

sub raise_alert {
  my ($machine, $since) = @_;
  $since{$machine} = $since;
  keep();
  print "$machine is silent since ", iso($since), ": alert\n";
  push @notices, ['opened', $machine, $since, time] if told();
}

sub hear_of {
  my ($machine) = @_;
  $heard{$machine} = uptime();
  my $since = delete $since{$machine};
  return unless defined $since;
  keep();
  print "$machine is heard of again, after ", time - $since, " s: the alert is over\n";
  push @notices, ['closed', $machine, $since, time] if told();
}

# --- who checks in ---------------------------------------------------------------------------------------------------

sub listen_on {
  my ($family, $address) = @_;
  socket my $listener, $family, 1 | $nonblocking, 0 or return;
  setsockopt $listener, 1, 2, pack 'i', 1;
  setsockopt $listener, 41, 26, pack 'i', 1 if $family == 10;
  bind $listener, $address or return "$!";
  listen $listener, 128 or return "$!";
  push @listeners, $listener;
  return;
}

# Somebody else may have the port for a while.
sub open_port {
  my $port = $set{port}[0];
  my $said = '';
  while (1) {
    my $trouble = listen_on(2, pack 'S n a12', 2, $port, '');
    if (!$trouble) { listen_on(10, pack 'S n a24', 10, $port, ''); return }
    print "port $port: $trouble\n" if $trouble ne $said;
    $said = $trouble;
    sleep 1;
  }
}

sub answer {
  my ($client, $status, $body) = @_;
  syswrite $client->{socket}, "HTTP/1.0 $status\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
  drop($client);
}

sub drop { my ($client) = @_; delete $clients{fileno $client->{socket}}; close $client->{socket} }

sub read_client {
  my ($client) = @_;
  my $count = sysread $client->{socket}, $client->{text}, 2048, length $client->{text};
  return if !defined $count && $! == 11;
  return drop($client) if !$count || length $client->{text} > $longest_request;
  return unless $client->{text} =~ /\r?\n\r?\n/;
  if ($client->{text} =~ m{^POST /check-in/([a-z0-9-]+) HTTP/} && exists $heard{$1}) { hear_of($1); return answer($client, '204 No Content', '') }
  answer($client, '404 Not Found', "there is nothing here but check-ins of machines that are watched\n");
}

sub welcome {
  my ($listener) = @_;
  while (accept my $socket, $listener) {
    fcntl $socket, 4, $nonblocking;
    if (keys %clients >= $most_clients) { close $socket; next }
    $clients{fileno $socket} = {socket => $socket, text => '', until => uptime() + $request_patience};
  }
}

sub judge {
  my ($now) = @_;
  for my $machine (sort keys %heard) {
    my $silence = $now - $heard{$machine};
    raise_alert($machine, int(time - $silence)) if $silence > $set{silence}[0] && !exists $since{$machine};
  }
}

read_settings();
keep();
open_port();
print "port $set{port}[0] is open for check-ins of ", scalar keys %heard, " machines\n";
$SIG{PIPE} = 'IGNORE';
my ($last, $judged) = (uptime(), uptime());
$heard{$_} = $last for keys %heard;
while (1) {
  my $ready = '';
  vec($ready, fileno $_, 1) = 1 for @listeners, map { $_->{socket} } values %clients;
  select $ready, undef, undef, 1;
  my $now = uptime();
  # The time in which this program did not run is nobody's silence.
  if ($now - $last > $turn) { $_ += $now - $last for values %heard }
  $last = $now;
  welcome($_) for @listeners;
  read_client($_) for values %clients;
  drop($_) for grep { $_->{until} < $now } values %clients;
  if ($now - $judged >= 1) { judge($now); $judged = $now }
  inform_next();
}
`;
