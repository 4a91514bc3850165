#!/usr/bin/perl -w
# The hand of Lanwright inside a guest: a server of system calls on a port that needs no network (virtio-serial). It
# carries out what src/guest/ asks, one frame after the other, and tells unasked what comes in later. Needs perl-base
# of Debian and no module beyond `strict` (warnings come by -w), so it starts fast where every instruction is emulated.
#
# A frame: magic, length of the payload, id, operation, check over these; little-endian, see src/guest/frame.ts.
# A session begins with a marker that no frame holds: what came before it is dropped, wherever it broke off.
use strict;

my $VERSION = 1;
my $MAGIC = 'LWa1';
my $MARKER = "\xff\x00lanwright-a1\xff\x00";
my $HEADER = 16;
my $longest_frame = 64 << 20;
# The host is slow: nothing more is read from sockets while so much waits for it.
my $longest_backlog = 4 << 20;
my $longest_output = 64 << 20;

my ($EINTR, $EAGAIN, $EINPROGRESS) = (4, 11, 115);
my ($O_RDONLY, $O_WRONLY, $O_RDWR, $O_CREAT, $O_TRUNC, $O_NONBLOCK) = (0, 1, 2, 64, 512, 2048);
my ($F_SETFL, $MSG_DONTWAIT, $MSG_NOSIGNAL, $WNOHANG) = (4, 0x40, 0x4000, 1);
my ($SOCK_STREAM, $SOCK_DGRAM, $SOCK_RAW, $SOCK_NONBLOCK) = (1, 2, 3, $O_NONBLOCK);
my ($SOL_SOCKET, $SO_REUSEADDR, $SO_ERROR, $SO_RCVTIMEO) = (1, 2, 4, 20);
my $is_arm = -e '/lib/ld-linux-aarch64.so.1';
my %syscall = $is_arm
  ? (setrlimit => 164, setsid => 157, clock_gettime => 113, clock_settime => 112, sync => 81, reboot => 142)
  : (setrlimit => 160, setsid => 112, clock_gettime => 228, clock_settime => 227, sync => 162, reboot => 169);

my ($REPLY, $CONNECTED, $REFUSED, $DATA, $ACCEPTED, $OUTPUT, $ENDED, $FAILED) = (0, 32, 33, 34, 35, 36, 37, 0xffff);

my ($in, $out) = ('', '');
my ($port, $listener);      # the way to the host; the socket it is accepted on, if it is one
my (%reads, %writes);       # what to do when a descriptor is ready, by its number
my ($readable, $writable) = ('', '');
my %sockets;                # by handle: [file handle, type]; they end with the session
my %netlink;                # by protocol
my %processes;              # by process id
my %started;                # daemons by handle
my %responders;             # by handle: file handles
my %deadlines;              # by name: [time, what to do]
my $accepted = 0;

sub seconds {
  my $time = pack 'q2', 0, 0;
  syscall $syscall{clock_gettime}, 1, $time;
  my ($whole, $nano) = unpack 'q2', $time;
  return $whole + $nano / 1e9;
}

# --- descriptors -----------------------------------------------------------------------------------------------------

sub when_readable { my ($handle, $do) = @_; $reads{fileno $handle} = $do; vec($readable, fileno $handle, 1) = 1 }
sub when_writable { my ($handle, $do) = @_; $writes{fileno $handle} = $do; vec($writable, fileno $handle, 1) = 1 }
sub not_readable { my $fd = fileno $_[0]; delete $reads{$fd}; vec($readable, $fd, 1) = 0 }
sub not_writable { my $fd = fileno $_[0]; delete $writes{$fd}; vec($writable, $fd, 1) = 0 }
sub shut { my ($handle) = @_; return unless defined fileno $handle; not_readable($handle); not_writable($handle); close $handle }
sub nonblocking { fcntl $_[0], $F_SETFL, $O_NONBLOCK }

# --- frames ----------------------------------------------------------------------------------------------------------

sub check_of { my ($length, $id, $op) = @_; return ($length ^ ($length >> 16) ^ $id ^ ($id >> 16) ^ $op ^ 0x5a5a) & 0xffff }

sub report {
  my ($id, $op, $payload) = @_;
  return unless $port;
  $out .= pack('a4 V V v v', $MAGIC, length $payload, $id, $op, check_of(length $payload, $id, $op)) . $payload;
}

sub flush_out {
  while ($port && length $out) {
    my $written = syswrite $port, $out, length $out > 65536 ? 65536 : length $out;
    if (!defined $written) { host_left() if $! != $EAGAIN && $! != $EINTR; return }
    substr $out, 0, $written, '';
  }
}

sub end_session {
  shut($_->[0]) for values %sockets;
  (%sockets, $in, $out) = ();
  ($in, $out) = ('', '');
}

sub host_left {
  end_session();
  return unless $listener && $port;
  shut($port);
  undef $port;
}

# --- operations: a payload and the request's id in, the reply's payload out; undef where it comes later or never ---------

sub op_hello { my ($nonce) = @_; return $nonce . pack 'V V', $VERSION, $$ }

sub failed_call { my ($call) = @_; return pack 'V V/a*', $! + 0, $call }

sub op_open {
  my ($payload, $id) = @_;
  my ($handle, $domain, $type, $protocol, @rest) = unpack 'V4 V/(l l V/a*) V/a* l V/a*', $payload;
  my $connect = pop @rest;
  my $backlog = pop @rest;
  my $bind = pop @rest;
  my $fail = sub {
    my ($call, $socket) = @_;
    my $reply = failed_call($call);
    report(0, $CONNECTED, pack 'V V', $handle, $! + 0) unless $id;
    close $socket if $socket;
    return $reply;
  };
  socket my $socket, $domain, $type | $SOCK_NONBLOCK, $protocol or return $fail->('socket');
  while (my ($level, $name, $value) = splice @rest, 0, 3) {
    setsockopt $socket, $level, $name, $value or return $fail->('setsockopt', $socket);
  }
  !length $bind or bind $socket, $bind or return $fail->('bind', $socket);
  $backlog < 0 or listen $socket, $backlog or return $fail->('listen', $socket);
  $sockets{$handle} = [$socket, $type & 0xf];
  if (length $connect) {
    my $errno = connect($socket, $connect) ? 0 : $! + 0;
    if ($errno == $EINPROGRESS) { when_writable($socket, sub { connected($handle) }) }
    else { report(0, $CONNECTED, pack 'V V', $handle, $errno); watch_socket($handle) unless $errno }
  }
  elsif ($backlog >= 0) { when_readable($socket, sub { accept_all($handle) }) }
  else { watch_socket($handle) }
  return pack 'V V/a*', 0, '';
}

sub connected {
  my ($handle) = @_;
  my $socket = $sockets{$handle}[0];
  not_writable($socket);
  my $errno = unpack 'l', getsockopt $socket, $SOL_SOCKET, $SO_ERROR;
  report(0, $CONNECTED, pack 'V V', $handle, $errno);
  watch_socket($handle) unless $errno;
}

sub watch_socket { my ($handle) = @_; when_readable($sockets{$handle}[0], sub { receive($handle) }) }

sub accept_all {
  my ($handle) = @_;
  while (my $from = accept my $socket, $sockets{$handle}[0]) {
    my $new = 0x80000000 | ++$accepted;
    $sockets{$new} = [$socket, $SOCK_STREAM];
    report(0, $ACCEPTED, pack 'V V a*', $handle, $new, $from);
    watch_socket($new);
  }
}

my $received = '';

# All that has come; after the end of a stream there is nothing more.
sub receive {
  my ($handle) = @_;
  my ($socket, $type) = @{ $sockets{$handle} };
  for (1 .. 64) {
    my $from = recv $socket, $received, 65536, $MSG_DONTWAIT;
    if (!defined $from) {
      return if $! == $EAGAIN || $! == $EINTR;
      report(0, $DATA, pack 'V l V/a*', $handle, -($! + 0), '');
      next if $type != $SOCK_STREAM;
      return not_readable($socket);
    }
    report(0, $DATA, pack 'V l V/a* a*', $handle, length $received, $from, $received);
    return not_readable($socket) if $type == $SOCK_STREAM && !length $received;
    return if length $out > $longest_backlog;
  }
}

sub op_close {
  for my $handle (unpack 'V*', $_[0]) {
    my $socket = delete $sockets{$handle};
    shut($socket->[0]) if $socket;
  }
  return '';
}

sub op_send {
  my ($handle, $tag, $address, $data) = unpack 'V V V/a* a*', $_[0];
  my $socket = $sockets{$handle} or return undef;
  my $sent = length $address
    ? send $socket->[0], $data, $MSG_DONTWAIT | $MSG_NOSIGNAL, $address
    : send $socket->[0], $data, $MSG_DONTWAIT | $MSG_NOSIGNAL;
  report(0, $REFUSED, pack 'V V V', $handle, $tag, $! + 0) unless defined $sent;
  return undef;
}

# Sends requests and collects what comes until so many of them, those numbered from `first` on, are acknowledged or done.
sub op_netlink {
  my ($protocol, $first, $open, $requests) = unpack 'V V V a*', $_[0];
  my $socket = $netlink{$protocol};
  if (!$socket) {
    socket $socket, 16, $SOCK_RAW, $protocol or return failed_call('socket');
    setsockopt $socket, 270, 10, pack 'l', 1;
    setsockopt $socket, 270, 11, pack 'l', 1;
    setsockopt $socket, $SOL_SOCKET, $SO_RCVTIMEO, pack 'q q', 3, 0;
    $netlink{$protocol} = $socket;
  }
  defined send $socket, $requests, 0, pack 'S S L L', 16, 0, 0, 0 or return failed_call('send');
  my $replies = '';
  while ($open > 0) {
    if (!defined recv $socket, $received, 65536, 0) {
      next if $! == $EINTR;
      my $reply = failed_call('recv');
      # What comes late would be taken for an answer to what is asked next.
      close delete $netlink{$protocol};
      return $reply;
    }
    for (my $at = 0; $at + 16 <= length $received;) {
      my ($length, $type, undef, $sequence) = unpack 'V v v V', substr $received, $at, 12;
      last if $length < 16;
      $open-- if ($type == 2 || $type == 3) && $sequence >= $first;
      $at += ($length + 3) & ~3;
    }
    # Messages are padded to four bytes, but for the last of a datagram.
    $replies .= $received . "\0" x (-length($received) & 3);
  }
  return pack('V V/a*', 0, '') . $replies;
}

sub contents_of {
  my ($path) = @_;
  sysopen my $file, $path, $O_RDONLY | $O_NONBLOCK or return undef;
  my $text = '';
  while (1) {
    my $length = sysread $file, $text, 65536, length $text;
    return undef unless defined $length;
    return $text if !$length || length $text > $longest_output;
  }
}

sub op_read {
  return join '', map { my $text = contents_of($_); defined $text ? pack 'V V/a*', 0, $text : pack 'V V', $! + 0, 0 }
    unpack '(V/a*)*', $_[0];
}

sub overwrite {
  my ($path, $text) = @_;
  sysopen my $file, $path, $O_WRONLY | $O_TRUNC or return $! + 0;
  return defined syswrite($file, $text) ? 0 : $! + 0;
}

sub setting { my $text = contents_of($_[0]); return undef unless defined $text; $text =~ s/^\s+|\s+$//g; return $text }

# Flags: 1 a text is given; 2 the name of a setting to follow; 4 a text for where there is none.
sub op_change {
  my @items = unpack '(V/a* V V/a* V/a*)*', $_[0];
  my $reply = '';
  while (my ($path, $flags, $to, $otherwise) = splice @items, 0, 4) {
    my $former = setting($path);
    my $value = $flags & 1 ? $to : undef;
    $value = setting($to) if $flags & 2;
    $value = $flags & 4 ? $otherwise : defined $former ? $former : '0' unless defined $value;
    my $is_so = defined $former ? $former eq $value : $value eq '0';
    my $errno = $is_so ? 0 : overwrite($path, $value);
    $reply .= pack 'V V/a* V', defined $former ? 1 : 0, defined $former ? $former : '', $errno;
  }
  return $reply;
}

sub op_write {
  my @items = unpack '(V/a* V V/a*)*', $_[0];
  my $reply = '';
  while (my ($path, $mode, $contents) = splice @items, 0, 3) {
    for (my $at = index $path, '/', 1; $at > 0; $at = index $path, '/', $at + 1) { mkdir substr $path, 0, $at }
    my $draft = "$path.new";
    my $done = sysopen(my $file, $draft, $O_WRONLY | $O_CREAT | $O_TRUNC, $mode);
    for (my $at = 0; $done && $at < length $contents;) {
      my $written = syswrite $file, $contents, length($contents) - $at, $at;
      $done = defined $written;
      $at += $written || 0;
    }
    $done &&= chmod($mode, $draft) && close($file) && rename $draft, $path;
    $reply .= pack 'V', $done ? 0 : $! + 0;
  }
  return $reply;
}

sub op_remove { return join '', map { pack 'V', unlink($_) ? 0 : $! + 0 } unpack '(V/a*)*', $_[0] }

sub op_clock { return pack 'd', seconds() }

# --- programs --------------------------------------------------------------------------------------------------------

# The process, or undef with $! set. Standard streams are the three handles given; all descriptors else close with exec.
sub launch {
  my ($argv, $environment, $streams, $is_terminal) = @_;
  pipe my $failure, my $report or return undef;
  my $pid = fork;
  return undef unless defined $pid;
  if (!$pid) {
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD);
    if ($is_terminal) { syscall $syscall{setsid}; ioctl $streams->[0], 0x540e, 0 }
    else { setpgrp 0, 0 }
    open STDIN, '<&', $streams->[0];
    open STDOUT, '>&', $streams->[1];
    open STDERR, '>&', $streams->[2];
    /^([^=]+)=(.*)$/s and $ENV{$1} = $2 for @$environment;
    { local $^W = 0; exec { $argv->[0] } @$argv }
    syswrite $report, pack 'V', $! + 0;
    kill 'KILL', $$;
  }
  close $report;
  my $length = sysread $failure, my $errno, 4;
  return $pid unless $length;
  waitpid $pid, 0;
  $! = unpack 'V', $errno;
  return undef;
}

sub feed {
  my ($process) = @_;
  my $written = syswrite $process->{stdin}, $process->{input};
  if (defined $written) { substr $process->{input}, 0, $written, '' }
  elsif ($! != $EAGAIN) { $process->{input} = ''; $process->{has_ended} = 1 }
  return if length $process->{input};
  not_writable($process->{stdin});
  shut(delete $process->{stdin}) if $process->{has_ended};
}

sub op_run {
  my ($payload, $id) = @_;
  my ($limit, $argc, $input, @words) = unpack 'V V V/a* (V/a*)*', $payload;
  my @argv = splice @words, 0, $argc;
  pipe(my $from, my $stdin) && pipe(my $stdout, my $to) && pipe(my $stderr, my $errors) or die "pipe: $!\n";
  my $pid = launch(\@argv, \@words, [$from, $to, $errors]);
  return pack 'V V V/a* V/a* V/a*', 2, 127, '', '', "$!" unless $pid;
  nonblocking($_) for $stdin, $stdout, $stderr;
  my $process = $processes{$pid}
    = { pid => $pid, id => $id, stdin => $stdin, input => $input, has_ended => 1, out => '', err => '', open => 2, reason => '' };
  when_writable($stdin, sub { feed($process) });
  for ([$stdout, 'out'], [$stderr, 'err']) {
    my ($stream, $name) = @$_;
    when_readable($stream, sub {
      my $length = sysread $stream, $process->{$name}, 65536, length $process->{$name};
      return if !defined $length && ($! == $EAGAIN || $! == $EINTR);
      stop_run($process, 'too much output') if length $process->{$name} > $longest_output;
      return if $length;
      shut($stream);
      $process->{open}--;
      finish_run($process) if defined $process->{status} && !$process->{open};
    });
  }
  $process->{streams} = [$stdout, $stderr];
  $deadlines{"run $pid"} = [seconds() + $limit / 1000, sub { stop_run($process, 'no end after ' . $limit / 1000 . ' s') }];
  return undef;
}

sub stop_run { my ($process, $why) = @_; $process->{reason} ||= $why; kill 'KILL', -$process->{pid}; kill 'KILL', $process->{pid} }

sub finish_run {
  my ($process) = @_;
  return if $process->{is_told}++;
  my ($pid, $status) = @$process{qw(pid status)};
  delete $deadlines{"run $pid"};
  shut($_) for grep { defined } @{ $process->{streams} }, $process->{stdin};
  my $kind = length $process->{reason} ? 3 : $status & 0x7f ? 1 : 0;
  my $number = $status & 0x7f ? 128 + ($status & 0x7f) : $status >> 8;
  report($process->{id}, $REPLY, pack 'V V V/a* V/a* V/a*', $kind, $number, @$process{qw(out err reason)});
}

# A terminal (pty(7)): the master's file handle and the slave's.
sub terminal {
  my ($rows, $columns) = @_;
  sysopen my $master, '/dev/ptmx', $O_RDWR or return;
  my $number = pack 'L', 0;
  ioctl $master, 0x40045431, my $unlocked = pack 'L', 0;
  ioctl $master, 0x80045430, $number or return;
  sysopen my $slave, '/dev/pts/' . unpack('L', $number), $O_RDWR | 0400 or return;
  ioctl $master, 0x5414, my $size = pack 'S4', $rows, $columns, 0, 0;
  return ($master, $slave);
}

# Flags: 1 its input comes by op_input; 2 it runs on a terminal.
sub op_start {
  my ($handle, $flags, $rows, $columns, $argc, @words) = unpack 'V5 (V/a*)*', $_[0];
  my @argv = splice @words, 0, $argc;
  my ($stdin, $from, $stdout, $to);
  if ($flags & 2) { ($stdout, $to) = terminal($rows, $columns) or return failed_call('ptmx'); $from = $to }
  else {
    pipe $stdout, $to or return failed_call('pipe');
    if ($flags & 1) { pipe $from, $stdin or return failed_call('pipe') }
    else { sysopen $from, '/dev/null', $O_RDONLY or return failed_call('open') }
  }
  my $pid = launch(\@argv, \@words, [$from, $to, $to], $flags & 2) or return failed_call('exec');
  nonblocking($_) for grep { defined } $stdout, $stdin;
  my $process = $processes{$pid} = { pid => $pid, handle => $handle, input => '', stdin => $flags & 2 ? $stdout : $stdin };
  $started{$handle} = $process;
  when_readable($stdout, sub {
    my $length = sysread $stdout, my $text, 65536;
    return if !defined $length && ($! == $EAGAIN || $! == $EINTR);
    return report(0, $OUTPUT, pack 'V a*', $handle, $text) if $length;
    $flags & 2 ? not_readable($stdout) : shut($stdout);
  });
  $process->{stdout} = $stdout;
  return pack('V V/a*', 0, '') . pack 'V', $pid;
}

sub op_kill {
  my ($handle, $signal) = unpack 'V V', $_[0];
  my $process = $started{$handle} or return pack 'V', 3;
  return pack 'V', kill($signal, -$process->{pid}) || kill($signal, $process->{pid}) ? 0 : $! + 0;
}

sub op_input {
  my ($handle, $data) = unpack 'V a*', $_[0];
  my $process = $started{$handle};
  return undef unless $process && $process->{stdin} && !$process->{has_ended};
  $process->{input} .= $data;
  $process->{has_ended} = !length $data;
  when_writable($process->{stdin}, sub { feed($process) });
  return undef;
}

sub op_resize {
  my ($handle, $rows, $columns) = unpack 'V3', $_[0];
  my $process = $started{$handle};
  ioctl $process->{stdin}, 0x5414, my $size = pack 'S4', $rows, $columns, 0, 0 if $process && $process->{stdin};
  return '';
}

sub reap {
  while ((my $pid = waitpid -1, $WNOHANG) > 0) {
    my $process = delete $processes{$pid} or next;
    $process->{status} = $?;
    if (defined $process->{handle}) {
      # What it still said comes before its end.
      my $stdout = $process->{stdout};
      my $do = defined fileno $stdout ? $reads{fileno $stdout} : undef;
      for (1 .. 16) { last unless $do && defined fileno $stdout && $reads{fileno $stdout}; $do->() }
      report(0, $ENDED, pack 'V V', $process->{handle}, $?);
      shut($_) for grep { defined } $stdout, $process->{stdin};
      delete $started{ $process->{handle} };
    }
    elsif (!$process->{open}) { finish_run($process) }
    # A grandchild may hold the streams open.
    else { $deadlines{"run $pid"} = [seconds() + 0.3, sub { finish_run($process) }] }
  }
}

# --- the answer of the internet (src/world/responder.ts) -----------------------------------------------------------------

sub text_of {
  my ($address) = @_;
  return join('.', unpack 'x4 C4', $address), unpack 'x2 n', $address if unpack('S', $address) == 2;
  my $text = join ':', map { sprintf '%x', $_ } unpack 'x8 n8', $address;
  my ($zeros) = sort { length $b <=> length $a } $text =~ /(?<![0-9a-f])(0(?::0)+)(?![0-9a-f])/g;
  $text =~ s/(?:^|:)$zeros(?:$|:)/::/ if defined $zeros;
  return $text, unpack 'x2 n', $address;
}

sub words_for { my ($address, $number) = text_of($_[0]); return "you are $address port $number\n" }

sub greet {
  my ($client, $words) = @_;
  my $idle = 'idle ' . fileno $client;
  my $leave = sub { delete $deadlines{$idle}; shut($client) };
  $deadlines{$idle} = [seconds() + 10, $leave];
  when_readable($client, sub {
    my $from = recv $client, my $text, 65536, $MSG_DONTWAIT;
    return if !defined $from && $! == $EAGAIN;
    my $is_http = defined $from && $text =~ /^(GET|HEAD|POST|PUT) /;
    my $head = $is_http ? "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " . length($words) . "\r\n\r\n" : '';
    send $client, $head . $words, $MSG_DONTWAIT | $MSG_NOSIGNAL if defined $from && length $text;
    $leave->();
  });
}

sub op_respond {
  my ($handle, $number) = unpack 'V V', $_[0];
  my @open;
  my $fail = sub { my $reply = failed_call($_[0]); shut($_) for @open; return $reply };
  for my $family (2, 10) {
    my $any = $family == 2 ? pack 'S n a12', 2, $number, '' : pack 'S n a24', 10, $number, '';
    for my $type ($SOCK_STREAM, $SOCK_DGRAM) {
      socket my $socket, $family, $type | $SOCK_NONBLOCK, 0 or return $fail->('socket');
      push @open, $socket;
      setsockopt $socket, $SOL_SOCKET, $SO_REUSEADDR, pack 'l', 1;
      setsockopt $socket, 41, 26, pack 'l', 1 if $family == 10;
      bind $socket, $any or return $fail->('bind');
      if ($type == $SOCK_STREAM) {
        listen $socket, 128 or return $fail->('listen');
        when_readable($socket, sub { while (my $from = accept my $client, $socket) { greet($client, words_for($from)) } });
      }
      else {
        when_readable($socket, sub {
          while (defined(my $from = recv $socket, my $text, 65536, $MSG_DONTWAIT)) { send $socket, words_for($from), $MSG_DONTWAIT, $from }
        });
      }
    }
  }
  $responders{$handle} = \@open;
  return pack 'V V/a*', 0, '';
}

sub op_unrespond { shut($_) for @{ delete $responders{ unpack 'V', $_[0] } || [] }; return '' }

# --- a saved machine goes on -------------------------------------------------------------------------------------------

# Those of the MACs that no network card of this machine has yet.
sub missing_cards {
  my %missing = map { $_ => 1 } @_;
  opendir my $cards, '/sys/class/net' or return keys %missing;
  for my $name (readdir $cards) {
    my $mac = contents_of("/sys/class/net/$name/address");
    delete $missing{$1} if defined $mac && $mac =~ /^([0-9a-f:]+)/;
  }
  return sort keys %missing;
}

# Others went on from the same state: first of all randomness of its own, whose keys are made anew from it (random(4)),
# and the time of day. Then it waits for its network cards; the MACs of those that do not come are the reply.
sub op_awaken {
  my ($limit, $whole, $nano, $random, @macs) = unpack 'V3 V/a* (V/a*)*', $_[0];
  sysopen my $source, '/dev/urandom', $O_RDWR or return failed_call('urandom');
  ioctl $source, 0x40085203, my $entropy = pack 'l l a*', 8 * length $random, length $random, $random or return failed_call('RNDADDENTROPY');
  ioctl $source, 0x5207, 0 or return failed_call('RNDRESEEDCRNG');
  close $source;
  syscall($syscall{clock_settime}, 0, my $now = pack 'q2', $whole, $nano) == 0 or return failed_call('clock_settime');
  my $end = seconds() + $limit / 1000;
  my @missing = missing_cards(@macs);
  while (@missing && seconds() < $end) {
    select undef, undef, undef, 0.01;
    @missing = missing_cards(@missing);
  }
  return pack('V V/a*', 0, '') . pack 'V/a*', join ' ', @missing;
}

# --- the end ---------------------------------------------------------------------------------------------------------

sub op_power_off {
  my ($payload, $id) = @_;
  report($id, $REPLY, '');
  flush_out();
  if (-d '/run/systemd/system') { system 'systemctl', '--no-block', 'poweroff' }
  else {
    syscall $syscall{sync};
    syscall $syscall{reboot}, 0xfee1dead, 672274793, 0x4321fedc, 0;
  }
  return undef;
}

my %operations = (
  1 => \&op_hello, 2 => \&op_open, 3 => \&op_close, 4 => \&op_send, 5 => \&op_netlink, 6 => \&op_read, 7 => \&op_change,
  8 => \&op_run, 9 => \&op_start, 10 => \&op_kill, 11 => \&op_write, 12 => \&op_remove, 13 => \&op_respond,
  14 => \&op_unrespond, 15 => \&op_clock, 16 => \&op_input, 17 => \&op_resize, 18 => \&op_power_off, 19 => \&op_awaken,
);

# --- the loop --------------------------------------------------------------------------------------------------------

sub carry_out {
  my ($id, $op, $payload) = @_;
  my $do = $operations{$op};
  # A payload that is not what the operation takes shows in a warning.
  local $SIG{__WARN__} = sub { die @_ };
  my $reply = eval { $do ? $do->($payload, $id) : die "no operation $op\n" };
  if ($@) { report($id, $FAILED, $@) if $id }
  elsif (defined $reply && $id) { report($id, $REPLY, $reply) }
}

# Whole frames; what is no frame is skipped up to what may be one.
sub take_frames {
  my $at = 0;
  while (length($in) - $at >= $HEADER) {
    my ($magic, $length, $id, $op, $check) = unpack 'a4 V V v v', substr $in, $at, $HEADER;
    if ($magic ne $MAGIC || $length > $longest_frame || $check != check_of($length, $id, $op)) {
      my $next = index $in, $MAGIC, $at + 1;
      $at = $next >= 0 ? $next : length($in) - 3;
      next;
    }
    last if length($in) - $at - $HEADER < $length;
    carry_out($id, $op, substr $in, $at + $HEADER, $length);
    $at += $HEADER + $length;
  }
  substr $in, 0, $at, '';
}

# Whether the host is there.
sub hear_host {
  my $before = length $in;
  my $length = sysread $port, $in, 65536, $before;
  return 1 if !defined $length && ($! == $EAGAIN || $! == $EINTR);
  if (!$length) { host_left(); return 0 }
  my $from = $before < length $MARKER ? 0 : $before - length $MARKER;
  my $marker = -1;
  for (my $at = index $in, $MARKER, $from; $at >= 0; $at = index $in, $MARKER, $at + 1) { $marker = $at }
  if ($marker >= 0) {
    my $rest = substr $in, $marker + length $MARKER;
    end_session();
    ($in, $out) = ($rest, $MARKER);
  }
  take_frames();
  flush_out();
  return 1;
}

# A port of the guest, or (`listen:PATH`) a unix socket on which one host after the other is accepted.
sub open_port {
  my ($path) = @_;
  if ($path =~ s/^listen://) {
    unlink $path;
    socket $listener, 1, $SOCK_STREAM | $SOCK_NONBLOCK, 0 or die "socket: $!\n";
    # It gets its name when it can be connected to.
    bind $listener, pack 'S a108', 1, "$path.new" or die "$path: $!\n";
    listen $listener, 4 or die "$path: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return;
  }
  sysopen $port, $path, $O_RDWR | $O_NONBLOCK or die "$path: $!\n";
}

sub live {
  my $is_host_there = 1;
  while (1) {
    if ($listener && !$port && accept my $host, $listener) { nonblocking($host); ($port, $is_host_there) = ($host, 1) }
    my ($ready, $free) = length $out > $longest_backlog ? ('', '') : ($readable, $writable);
    my $fd = $port ? fileno $port : undef;
    vec($ready, fileno $listener, 1) = 1 if $listener && !$port;
    vec($ready, $fd, 1) = 1 if $port && $is_host_there;
    vec($free, $fd, 1) = 1 if $port && $is_host_there && length $out;
    my $wait = %deadlines ? 0.1 : %processes ? 0.5 : undef;
    $wait = 0.05 if $port && !$is_host_there;
    my $count = select $ready, $free, undef, $wait;
    reap() if %processes;
    if (%deadlines) {
      my $now = seconds();
      for my $name (grep { $deadlines{$_}[0] <= $now } keys %deadlines) { my $due = delete $deadlines{$name} or next; $due->[1]->() }
    }
    if ($count > 0) {
      for my $each (keys %writes) { $writes{$each}->() if $writes{$each} && vec $free, $each, 1 }
      for my $each (keys %reads) { $reads{$each}->() if $reads{$each} && vec $ready, $each, 1 }
    }
    # A port whose host is away is always readable and has nothing to say.
    $is_host_there = hear_host() if $port && (!$is_host_there || $count > 0 && vec $ready, $fd, 1);
    flush_out();
  }
}

$SIG{PIPE} = 'IGNORE';
# Wakes the loop, also when it was at something else.
pipe my $woken, my $wake or die "pipe: $!\n";
nonblocking($_) for $woken, $wake;
when_readable($woken, sub { sysread $woken, my $bytes, 64 });
$SIG{CHLD} = sub { local $!; syswrite $wake, '.' };
$ENV{LC_ALL} = 'C';
$ENV{PATH} = ($ENV{PATH} ? "$ENV{PATH}:" : '') . '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
syscall $syscall{setrlimit}, 7, my $descriptors = pack 'Q2', 4096, 4096;
open_port($ARGV[0] || '/dev/virtio-ports/org.lanwright.agent');
live();
