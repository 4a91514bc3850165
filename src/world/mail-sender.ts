/**
 * The part of the watching program that sends mail: a message (RFC 5322) for the raising of an alert and an answer to it
 * for its end, handed to the mail host of the lab (SMTP, RFC 5321, without extensions). A host that says `5xx` has said
 * its last word; whatever else goes wrong is tried again, with the same Message-ID.
 */

/** Perl without modules, for within the watching program: it has `connect_to`, `document`, `iso` and `%set`. */
export const mailSender = String.raw`my $mail_patience = 30;
my @days = qw(Sun Mon Tue Wed Thu Fri Sat);
my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);

sub mail_date {
  my ($s, $m, $h, $day, $month, $year, $weekday) = gmtime $_[0];
  return sprintf '%s, %02d %s %04d %02d:%02d:%02d +0000', $days[$weekday], $day, $months[$month], $year + 1900, $h, $m, $s;
}

sub message {
  my ($event, $machine, $since, $at) = @_;
  my ($name, $from, @to) = map { pack 'H*', $_ } @{$set{mail}}[2 .. $#{$set{mail}}];
  my $opening = "<opened.$machine.$since\@$name>";
  my $is_over = $event eq 'closed';
  my $said = $is_over ? "$machine is heard of again" : "$machine is silent since " . iso($since);
  my @header = (
    'Date: ' . mail_date($at), "From: $from", 'To: ' . join(', ', @to), "Subject: $said",
    'Message-ID: ' . ($is_over ? "<closed.$machine.$since\@$name>" : $opening),
    $is_over ? ("In-Reply-To: $opening", "References: $opening") : (),
    'Auto-Submitted: auto-generated', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=us-ascii',
  );
  my $silence = $is_over ? ', after ' . ($at - $since) . ' s' : '';
  my @body = ("$said$silence.", "Watched by $set{by}[0].", '', split /\n/, document(@_));
  return join '', map { s/^\./../r . "\r\n" } @header, '', @body;
}

# The lines of an answer but for the last have a hyphen behind the number.
sub answered {
  my ($socket, $wanted, $what) = @_;
  my $reply = '';
  until ($reply =~ /^\d{3}(?: [^\n]*)?\r?\n\z/m) {
    die "too long an answer to $what\n" if length $reply > 8192;
    sysread $socket, $reply, 1024, length $reply or die "the connection ended at $what\n";
  }
  my ($last) = $reply =~ /([^\n]*?)\r?\n\z/;
  $last =~ s/[^ -~]/?/g;
  return $last if $last =~ /^$wanted/;
  die +($last =~ /^5/ ? 'refused for good' : 'refused') . " at $what: $last\n";
}

sub say_to {
  my ($socket, $line, $wanted) = @_;
  syswrite $socket, "$line\r\n" or die "$!\n";
  return answered($socket, $wanted, $line);
}

sub send_mail {
  my ($hex, $port, $name, $from, @to) = @{$set{mail}};
  ($name, $from, @to) = map { pack 'H*', $_ } $name, $from, @to;
  local $SIG{ALRM} = sub { die "no answer within $mail_patience s\n" };
  local $SIG{PIPE} = 'IGNORE';
  alarm $mail_patience;
  my $socket = connect_to($hex, $port);
  answered($socket, 220, 'the greeting');
  eval { say_to($socket, "EHLO $name", 250); 1 } or say_to($socket, "HELO $name", 250);
  say_to($socket, "MAIL FROM:<$from>", 250);
  say_to($socket, "RCPT TO:<$_>", 25) for @to;
  say_to($socket, 'DATA', 354);
  my $taken = say_to($socket, message(@_) . '.', 250);
  alarm 0;
  print "mail to @to: $taken\n";
  eval { alarm 2; say_to($socket, 'QUIT', 221) };
  alarm 0;
}
`;
