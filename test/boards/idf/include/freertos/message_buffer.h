// A stand-in for ESP-IDF's freertos/message_buffer.h: what boards/esp32 uses of it, with the documented
// signatures.

#ifndef SYNOD_IDF_FREERTOS_MESSAGE_BUFFER
#define SYNOD_IDF_FREERTOS_MESSAGE_BUFFER

#include "freertos/FreeRTOS.h"

typedef struct StreamBufferDef_t *MessageBufferHandle_t;

MessageBufferHandle_t xMessageBufferCreate(size_t bytes);
size_t xMessageBufferSend(MessageBufferHandle_t buffer, const void *data, size_t n, TickType_t ticks);
size_t xMessageBufferReceive(MessageBufferHandle_t buffer, void *data, size_t room, TickType_t ticks);

#endif
