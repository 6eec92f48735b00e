// See serve.hpp.
#include "serve.hpp"

#include "../call/caught.hpp"
#include "serve_folder.hpp"

#include <graft/base/fault.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace graft {
namespace {

constexpr std::size_t kMostClients = 32;
constexpr std::size_t kLongestLine = 64u << 10;
constexpr std::size_t kMostUnheard = 1u << 20;                       // bytes of events that a subscriber may be behind
constexpr auto kWithoutDescriptors = std::chrono::milliseconds(100); // until it tries again to accept
constexpr std::size_t kMostTold = 4096;                              // events that may wait for the reading thread

/// Only this user and root may ask, whatever the file's mode.
bool is_welcome(int socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

/// One that waits to be accepted; -1 with `errno`.
int accept_one(int listener) {
  return fault::at("accept", EMFILE) ? -1 : ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

} // namespace

Server::Server(Runtime &runtime, ServeOptions options, std::string path, int listener, int wake)
    : runtime_(runtime), options_(std::move(options)), path_(std::move(path)), listener_(listener), wake_(wake),
      clock_(options_.clock != nullptr ? *options_.clock : machine_) {}

Result<std::unique_ptr<Server>> Server::create(Runtime &runtime, ServeOptions options) {
  std::error_code failure;
  std::string path = std::filesystem::absolute(options.socket, failure).lexically_normal().string();
  if (options.socket.empty()) {
    GRAFT_TRY_ASSIGN(path, usual_socket());
  }
  GRAFT_TRY_ASSIGN(const int listener, listen_at(path));
  constexpr const char *kDescriptor = "cannot make a descriptor to serve with";
  const int wake = fault::at(kDescriptor, EMFILE) ? -1 : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  auto server = std::unique_ptr<Server>(new Server(runtime, std::move(options), std::move(path), listener, wake));
  if (wake < 0) return error(Code::kExhausted, std::string(kDescriptor) + "; raise the limit of open files");
  GRAFT_TRY(server->start());
  return server;
}

Result<void> Server::start() {
  constexpr const char *kRefusal = "cannot start the threads that serve";
  GRAFT_TRY(start_thread(reader_, kRefusal, [this] { run(); }));
  GRAFT_TRY(start_thread(worker_, kRefusal, [this] { work(); }));
  events_ = runtime_.listen([this](const Event &event) {
    if (subscribers_.load(std::memory_order_relaxed) == 0) return;
    std::string line = event_line(event);
    const MutexLock lock(mutex_);
    if (told_.size() < kMostTold)
      told_.push_back(std::move(line));
    else
      overrun_ = true;
    wake();
  });
  return {};
}

Server::~Server() {
  if (events_ != 0) runtime_.forget(events_);
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    jobs_.clear();
    changed_.notify_all();
  }
  wake();
  if (worker_.joinable()) worker_.join();
  if (reader_.joinable()) reader_.join();
  ::unlink(path_.c_str());
  ::close(listener_);
  if (wake_ >= 0) ::close(wake_);
}

void Server::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Server::work() {
  for (;;) {
    Job job;
    {
      const MutexLock lock(mutex_);
      changed_.wait(mutex_, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    std::string line = answer(runtime_, job.request);
    const MutexLock lock(mutex_);
    answers_.emplace_back(job.client, std::move(line));
    wake();
  }
}

void Server::run() {
  while (wait()) {
    deliver();
    for (auto entry = clients_.begin(); entry != clients_.end();) {
      const auto one = entry++;
      Client &client = one->second;
      take_requests(one->first, client);
      const bool is_sent = write_to(client);
      const bool is_done = client.ends && client.out.empty() && !client.is_busy;
      if (is_sent && !client.is_lost && !is_done && !is_idle(client)) continue;
      drop(one);
    }
    if (has_newcomers_) accept_clients(); // behind all the others: who left made room
  }
  for (auto &[number, client] : clients_) ::close(client.socket);
}

/// Until something can be done; reads what has come. False when it is time to stop.
bool Server::wait() {
  const bool accepts = clock_.now() >= accepts_from_;
  std::vector<pollfd> descriptors = {{wake_, POLLIN, 0}, {listener_, static_cast<short>(accepts ? POLLIN : 0), 0}};
  std::vector<std::uint64_t> numbers;
  std::optional<Clock::Time> until;
  if (!accepts) until = accepts_from_;
  for (const auto &[number, client] : clients_) {
    const bool reads = client.in.size() <= kLongestLine && !client.is_busy && !client.ends;
    const int events = (reads ? POLLIN : 0) | (client.out.empty() ? 0 : POLLOUT);
    descriptors.push_back({client.socket, static_cast<short>(events), 0});
    numbers.push_back(number);
    if (!client.is_busy && !client.is_subscribed)
      until = std::min(until.value_or(Clock::Time::max()), client.last + options_.idle);
  }
  if (clock_.poll(descriptors, until) < 0) return false;
  if (descriptors[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = ::read(wake_, &count, sizeof count);
    const MutexLock lock(mutex_);
    if (stopping_) return false;
  }
  has_newcomers_ = descriptors[1].revents != 0;
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    const auto found = clients_.find(numbers[index]);
    if (found == clients_.end()) continue; // made room
    Client &client = found->second;
    const short happened = descriptors[index + 2].revents;
    client.is_lost = (happened & (POLLHUP | POLLERR)) != 0 && (happened & POLLIN) == 0;
    if ((happened & POLLIN) != 0 && !read_from(client)) client.ends = true;
  }
  return true;
}

void Server::accept_clients() {
  const bool is_full = clients_.size() >= kMostClients; // with such as nobody has looked at yet, the newcomer waits a turn
  for (int socket; (is_full || clients_.size() < kMostClients) && (socket = accept_one(listener_)) >= 0;) {
    if (!is_welcome(socket)) {
      ::close(socket);
      continue;
    }
    Client client;
    client.socket = socket;
    client.last = clock_.now();
    if (clients_.size() >= kMostClients) {
      client.out = refusal_line(error(Code::kBusy, "this host already speaks with " + std::to_string(kMostClients) +
                                                       " clients; ask again later")) +
                   "\n";
      write_to(client);
      ::close(socket);
      continue;
    }
    clients_.emplace(next_client_++, std::move(client));
  }
  if (clients_.size() < kMostClients && (errno == EMFILE || errno == ENFILE)) accepts_from_ = clock_.now() + kWithoutDescriptors;
}

void Server::drop(std::map<std::uint64_t, Client>::iterator client) {
  if (client->second.is_subscribed) subscribers_.fetch_sub(1, std::memory_order_relaxed);
  ::close(client->second.socket);
  clients_.erase(client);
}

/// False at the end of what the client sends.
bool Server::read_from(Client &client) {
  char buffer[4096];
  while (client.in.size() <= kLongestLine) {
    const ssize_t size = ::read(client.socket, buffer, sizeof buffer);
    if (size == 0) return false;
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    client.in.append(buffer, static_cast<std::size_t>(size));
  }
  return true;
}

void Server::take_requests(std::uint64_t number, Client &client) {
  while (!client.is_busy && client.out.size() <= kLongestLine) {
    const std::size_t end = client.in.find('\n');
    if (end == client.in.npos) break;
    const Request request = parse_request(std::string_view(client.in).substr(0, end));
    client.in.erase(0, end + 1);
    client.last = clock_.now();
    if (request.verb == Request::Verb::kNone) {
      client.out += request.refusal + "\n";
    } else if (request.is_slow()) {
      client.is_busy = true;
      const MutexLock lock(mutex_);
      jobs_.push_back({number, request});
      changed_.notify_all();
    } else {
      if (request.verb == Request::Verb::kSubscribe && !std::exchange(client.is_subscribed, true))
        subscribers_.fetch_add(1, std::memory_order_relaxed);
      client.out += answer(runtime_, request) + "\n";
    }
  }
  if (client.in.size() <= kLongestLine || client.in.find('\n') != client.in.npos || client.ends) return;
  client.in.clear();
  client.out +=
      refusal_line(error(Code::kInvalid, "a request of more than " + std::to_string(kLongestLine) + " bytes")) + "\n";
  client.ends = true;
}

/// Hands out what the worker and the events left.
void Server::deliver() {
  Lines answers;
  std::vector<std::string> told;
  bool overrun = false;
  {
    const MutexLock lock(mutex_);
    answers.swap(answers_);
    told.swap(told_);
    overrun = std::exchange(overrun_, false);
  }
  for (auto &[number, client] : clients_) client.is_lost |= overrun && client.is_subscribed; // it would miss an event
  for (auto &[number, line] : answers) {
    const auto client = clients_.find(number);
    if (client == clients_.end()) continue; // it did not wait
    client->second.out += line + "\n";
    client->second.is_busy = false;
    client->second.last = clock_.now();
  }
  for (const std::string &line : told)
    for (auto &[number, client] : clients_)
      if (client.is_subscribed) client.out += line + "\n";
}

/// False when the client is lost, or too far behind (S2).
bool Server::write_to(Client &client) {
  while (!client.out.empty()) {
    const ssize_t sent =
        fault::at("send", EPIPE) ? -1 : ::send(client.socket, client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN && !(client.is_subscribed && client.out.size() > kMostUnheard);
    client.out.erase(0, static_cast<std::size_t>(sent));
    client.last = clock_.now();
  }
  return true;
}

bool Server::is_idle(const Client &client) const { // S3
  return !client.is_busy && !client.is_subscribed && clock_.now() >= client.last + options_.idle;
}

} // namespace graft
