#include "datagram_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "system_error.h"

namespace {
constexpr mode_t kSocketMode = 0660;
}  // namespace

// Without SO_REUSEADDR: for UDP it would let two programs share the port, and one of them hear nothing.
void DatagramSocket::BindAddress(Napi::Env env, const std::string& address, uint16_t port) {
  name_ = address;
  sockaddr_storage bound{};
  socklen_t length = 0;
  auto& v4 = reinterpret_cast<sockaddr_in&>(bound);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(bound);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    length = sizeof v4;
    name_ = address + ":" + std::to_string(port);
  } else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    length = sizeof v6;
    name_ = "[" + address + "]:" + std::to_string(port);
  } else {
    throw SystemError(env, EINVAL, "bind", name_);
  }
  fd_ = socket(bound.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw SystemError(env, errno, "socket", name_);
  // [::] and 0.0.0.0 are two listeners, and an IPv4 sender has one form only.
  int one = 1;
  if (bound.ss_family == AF_INET6 && setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) < 0) {
    throw SystemError(env, errno, "setsockopt", name_);
  }
  if (bind(fd_, reinterpret_cast<sockaddr*>(&bound), length) < 0) throw SystemError(env, errno, "bind", name_);
}

void DatagramSocket::BindPath(Napi::Env env, const std::string& path) {
  name_ = path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string::npos) throw SystemError(env, EINVAL, "bind", name_);
  if (path.size() >= sizeof address.sun_path) throw SystemError(env, ENAMETOOLONG, "bind", name_);
  memcpy(address.sun_path, path.c_str(), path.size());
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw SystemError(env, errno, "socket", name_);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  struct stat found;
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) throw SystemError(env, EEXIST, "bind", name_);
    int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0) throw SystemError(env, errno, "socket", name_);
    int error = connect(probe, generic, sizeof address) == 0 ? 0 : errno;
    close(probe);
    // Only a refusal says that nobody listens: any other answer may hide somebody's socket.
    if (error != ECONNREFUSED && error != ENOENT) throw SystemError(env, EADDRINUSE, "bind", name_);
    if (unlink(path.c_str()) < 0 && errno != ENOENT) throw SystemError(env, errno, "unlink", name_);
  }
  // The file is made with the socket's own mode, less the umask: at no moment is it open to others. chmod gives back what the umask took.
  if (fchmod(fd_, kSocketMode) < 0) throw SystemError(env, errno, "fchmod", name_);
  if (bind(fd_, generic, sizeof address) < 0) throw SystemError(env, errno, "bind", name_);
  if (lstat(path.c_str(), &found) < 0) throw SystemError(env, errno, "lstat", name_);
  device_ = found.st_dev;
  inode_ = found.st_ino;
  if (chmod(path.c_str(), kSocketMode) < 0) throw SystemError(env, errno, "chmod", name_);
}

// Beyond net.core.rmem_max only with CAP_NET_ADMIN. Not worth failing for.
void DatagramSocket::AskForReceiveBuffer(size_t bytes) {
  int wanted = static_cast<int>(bytes);
  if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) < 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
}

void DatagramSocket::CountDropped() {
  int one = 1;
  setsockopt(fd_, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one);
}

uint16_t DatagramSocket::Port(Napi::Env env) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) < 0) throw SystemError(env, errno, "getsockname", name_);
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  return 0;
}

int DatagramSocket::ReceiveBufferBytes(Napi::Env env) const {
  int granted = 0;
  socklen_t length = sizeof granted;
  if (getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &granted, &length) < 0) throw SystemError(env, errno, "getsockopt", name_);
  return granted;
}

void DatagramSocket::Close() {
  if (fd_ < 0) return;
  struct stat found;
  if (inode_ != 0 && lstat(name_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_) unlink(name_.c_str());
  close(fd_);
  fd_ = -1;
}
