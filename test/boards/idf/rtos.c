// A fake of what boards/esp32 uses of FreeRTOS: a task is a thread, a tick a millisecond.

#include <errno.h>
#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <freertos/message_buffer.h>
#include <freertos/task.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake.h"

struct tskTaskControlBlock {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    uint32_t given;
    TaskFunction_t code;
    void *parameters;
};

static __thread TaskHandle_t current;

static void *begin(void *of) {
    current = of;
    current->code(current->parameters);
    return NULL;
}

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                       UBaseType_t priority, TaskHandle_t *created) {
    pthread_t thread;
    TaskHandle_t task = calloc(1, sizeof *task);
    (void)name, (void)stack_bytes, (void)priority;
    pthread_mutex_init(&task->lock, NULL);
    pthread_cond_init(&task->woken, NULL);
    task->code = code, task->parameters = parameters;
    if (created) *created = task;
    return pthread_create(&thread, NULL, begin, task) == 0 ? pdPASS : 0;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void) { return current; }

void vTaskDelay(TickType_t ticks) {
    const struct timespec t = {.tv_sec = ticks / 1000, .tv_nsec = (long)(ticks % 1000) * 1000000};
    nanosleep(&t, NULL);
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + (uint64_t)ticks * 1000000u;
    until.tv_sec += (time_t)(ns / 1000000000u), until.tv_nsec = (long)(ns % 1000000000u);
    pthread_mutex_lock(&current->lock);
    while (current->given == 0 &&
           pthread_cond_timedwait(&current->woken, &current->lock, &until) != ETIMEDOUT)
        continue;
    uint32_t given = current->given;
    if (given > 0) current->given = clear ? 0 : given - 1;
    pthread_mutex_unlock(&current->lock);
    return given;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task) {
    pthread_mutex_lock(&task->lock);
    task->given++;
    pthread_cond_signal(&task->woken);
    pthread_mutex_unlock(&task->lock);
    return pdPASS;
}

// ---- message buffers: each message with its length before it ----

struct StreamBufferDef_t {
    pthread_mutex_t lock;
    size_t size, used;
    uint8_t bytes[];
};

MessageBufferHandle_t xMessageBufferCreate(size_t bytes) {
    MessageBufferHandle_t b = calloc(1, sizeof *b + bytes);
    pthread_mutex_init(&b->lock, NULL);
    b->size = bytes;
    return b;
}

size_t xMessageBufferSend(MessageBufferHandle_t b, const void *data, size_t n, TickType_t ticks) {
    (void)ticks;
    pthread_mutex_lock(&b->lock);
    bool fits = n + sizeof n <= b->size - b->used;
    if (fits) {
        memcpy(b->bytes + b->used, &n, sizeof n);
        memcpy(b->bytes + b->used + sizeof n, data, n);
        b->used += sizeof n + n;
    }
    pthread_mutex_unlock(&b->lock);
    return fits ? n : 0;
}

size_t xMessageBufferReceive(MessageBufferHandle_t b, void *data, size_t room, TickType_t ticks) {
    size_t n = 0;
    (void)ticks;
    pthread_mutex_lock(&b->lock);
    if (b->used > 0) {
        memcpy(&n, b->bytes, sizeof n);
        if (n <= room) {
            memcpy(data, b->bytes + sizeof n, n);
            b->used -= sizeof n + n;
            memmove(b->bytes, b->bytes + sizeof n + n, b->used);
        } else n = 0;
    }
    pthread_mutex_unlock(&b->lock);
    return n;
}

// ---- clock and watchdog ----

int64_t esp_timer_get_time(void) {
    static int64_t zero;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t now = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    if (zero == 0) zero = now;
    return now - zero;
}

static bool watched;

esp_err_t esp_task_wdt_add(TaskHandle_t task) {
    watched = task == NULL;
    return ESP_OK;
}

esp_err_t esp_task_wdt_delete(TaskHandle_t task) {
    watched = task != NULL;
    return ESP_OK;
}

esp_err_t esp_task_wdt_reset(void) {
    if (!watched) fake_wrong("the watchdog is fed by a task that it does not watch");
    return ESP_OK;
}
