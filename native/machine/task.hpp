// task.hpp: a coroutine that stands for work of a simulated thread; it suspends while time passes.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <utility>

namespace pcpbench {

// Recycles coroutine frames by size class: a refill would otherwise allocate several times.
class FramePool {
  public:
    static void* take(std::size_t bytes) {
        const std::size_t slot = bytes / kStep;
        if (slot >= kClasses) return ::operator new(bytes);
        Frame*& head = heads()[slot];
        if (head == nullptr) return ::operator new((slot + 1) * kStep);
        return std::exchange(head, head->next);
    }
    static void give(void* memory, std::size_t bytes) {
        const std::size_t slot = bytes / kStep;
        if (slot >= kClasses) return ::operator delete(memory);
        heads()[slot] = new (memory) Frame{heads()[slot]};
    }

  private:
    struct Frame {
        Frame* next;
    };
    static constexpr std::size_t kStep = 64;
    static constexpr std::size_t kClasses = 16;
    static std::array<Frame*, kClasses>& heads() {
        static thread_local std::array<Frame*, kClasses> heads{};
        return heads;
    }
};

struct PromiseBase {
    std::coroutine_handle<> continuation;
    std::exception_ptr error;

    static void* operator new(std::size_t bytes) { return FramePool::take(bytes); }
    static void operator delete(void* memory, std::size_t bytes) {
        FramePool::give(memory, bytes);
    }

    struct Final {
        bool await_ready() noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> handle) noexcept {
            const auto next = handle.promise().continuation;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() noexcept {}
    };
    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() { error = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    void return_value(T result) { value = std::move(result); }
    T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
    void return_void() {}
    void take() {}
};

// Lazily started; awaiting it runs it and gives its result, or rethrows what it threw.
template <class T = void>
class [[nodiscard]] Task {
  public:
    struct promise_type : Promise<T> {
        Task get_return_object() {
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
    };

    Task() = default;
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() { reset(); }

    std::coroutine_handle<> handle() const { return handle_; }
    bool done() const { return handle_ && handle_.done(); }
    void rethrow() const {
        if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    }
    void reset() {
        if (handle_) std::exchange(handle_, nullptr).destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        handle_.promise().continuation = awaiting;
        return handle_;
    }
    T await_resume() {
        rethrow();
        return handle_.promise().take();
    }

  private:
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_ = nullptr;
};

}  // namespace pcpbench
