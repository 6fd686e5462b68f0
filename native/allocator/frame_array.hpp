// frame_array.hpp: owns the page frames of a zone.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#include "allocator/page_frame.hpp"

namespace pcpbench {

// Frames in their initial state, which is all zero bytes: the system hands out zeroed memory where
// it is touched first, so a machine of 1 TiB costs only the frames that it uses.
class FrameArray {
  public:
    explicit FrameArray(std::size_t frames)
        : first_(static_cast<PageFrame*>(std::calloc(frames, sizeof(PageFrame)))), size_(frames) {
        if (first_ == nullptr && frames > 0) throw std::bad_alloc();
    }

    std::size_t size() const { return size_; }
    PageFrame& operator[](std::size_t page) { return first_.get()[page]; }
    const PageFrame& operator[](std::size_t page) const { return first_.get()[page]; }
    // A range, so that it converts to a span.
    PageFrame* begin() { return first_.get(); }
    PageFrame* end() { return begin() + size_; }
    const PageFrame* begin() const { return first_.get(); }
    const PageFrame* end() const { return begin() + size_; }

  private:
    // calloc begins the life of a frame, and nothing must be done at its end.
    static_assert(std::is_trivially_copy_constructible_v<PageFrame> &&
                  std::is_trivially_destructible_v<PageFrame>);
    struct Free {
        void operator()(PageFrame* frames) const { std::free(frames); }
    };
    std::unique_ptr<PageFrame, Free> first_;
    std::size_t size_;
};

}  // namespace pcpbench
