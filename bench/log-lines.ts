// Lines as a server's log has them, for measurements: attacks that a filter for sshd finds, and what else there is.

export const attackLines = [
  'sshd[4242]: Failed password for invalid user admin from 192.0.2.7 port 4711 ssh2',
  'sshd[4243]: Invalid user oracle from 2001:db8::17 port 50022',
  'sshd[4244]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.23  user=root',
  'sshd[4245]: Connection closed by authenticating user root 203.0.113.9 port 38122 [preauth]',
];

export const otherLines = [
  'sshd[900]: Accepted publickey for deploy from 192.0.2.80 port 50122 ssh2: ED25519 SHA256:q4oQkq0nV7h3v0dQ4bqI7oJ3mPpZ9x1c8Jb5b0Zk4mU',
  'sshd[900]: pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)',
  'sshd[900]: Received disconnect from 192.0.2.80 port 50122:11: disconnected by user',
  'systemd[1]: Started session-4711.scope - Session 4711 of User deploy.',
  'CRON[31337]: pam_unix(cron:session): session closed for user root',
  'postfix/smtpd[1717]: connect from mail.example.org[198.51.100.77]',
  'kernel: [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=203.0.113.5 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=4711 DPT=23',
  'nginx: 192.0.2.90 - - [21/Nov/2026:22:51:03 +0000] "GET /größe/index.html?q=from+user HTTP/1.1" 200 5123 "-" "Mozilla/5.0 (X11; Linux x86_64)"',
  'dovecot: imap-login: Login: user=<anna>, method=PLAIN, rip=192.0.2.44, lip=192.0.2.1, mpid=2020, TLS, session=<2j5b>',
  'NetworkManager[612]: <info>  [1700000000.1234] dhcp4 (eth0): state changed new lease, address=192.0.2.15',
];
